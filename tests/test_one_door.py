"""Only its own package knows an exchange: nothing above the door says its name, its routes or the sizes of its pages.

The simulator imitates the first of them, so it may. Readers and writers of files import the decoders and the archive's names,
which is said in their imports and nowhere else; the contracts in `pyproject.toml` hold what they may import.

Numbers are looked for as tokens, so that 0.99 or a date is none. A page of 1,000 rows is the one size that is also a
common number (a second in milliseconds, a batch of rows): it is forbidden only in modules that know the exchange's room,
because nobody else asks for pages. There it may still be multiplied with and divided by, as times are, and be the value of
a name that ends in `_ms`.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import klagg_tui
from klagg_tui.exchange import registry
from klagg_tui.exchange.venue import Venue

ROOT = Path(klagg_tui.__file__).parent
VENUES: list[Venue] = [registry.venue(key) for key in registry._PACKAGES]
PACKAGES = {place.partition(".")[0] for place in registry._PACKAGES.values()}
INSIDE = (*(f"exchange/{package}/" for package in PACKAGES), "simulator/")
FILES = sorted(path for path in ROOT.rglob("*.py") if not path.relative_to(ROOT).as_posix().startswith(INSIDE))
ROUTES = {"binance": ("fapi", "dapi", "fstream", "dstream", "x-mbx")}
"""Words of an exchange beside the name of its package."""
NAMES = re.compile("|".join([*sorted(PACKAGES), *(word for words in ROUTES.values() for word in words)]), re.IGNORECASE)
STRICT = {"binance"}
"""Named in no sentence either: what holds for it alone was once taken for what holds everywhere."""
PAGE_AND_SECOND = 1000
SIZES = {
    size
    for venue in VENUES
    for limits in [venue.requests]
    for size in (
        limits.cheapest_bars,
        limits.best_bars,
        limits.most_bars,
        limits.trade_page.rows,
        limits.cost_per_minute,
    )
    if len(str(size).rstrip("0")) > 1
}
"""Those that are no round numbers, which other things have too: 100 rows, 6,000 a minute."""
ARITHMETIC = {"*", "/", "//", "%"}
A_TIME = re.compile(r"_ms\b[^=]*=\s*1_?000\b", re.IGNORECASE)
FORMATS = re.compile(r"from klagg_tui\.exchange\.\w+(\.(archive|wire\S*) import .*| import (archive|wire)( as \w+)?)")
"""How readers and writers of files name what they share with the door."""

ALLOWED = {
    ("exchange/registry.py", "name"): "the one line that an exchange is",
    ("commands/demo.py", "name"): "an example of what is typed",
    ("engine/exact.py", "name"): "where a unit is from",
    ("storage/schema.py", "name"): "whose bars older files hold that do not say it",
    ("view/indicators/averages.py", 99): "an average over 99 bars",
    ("view/columns/prices.py", 99): "how important a column is",
    ("view/columns/venue.py", 99): "the same",
}


def test_the_rooms_above_the_door_are_all_looked_at() -> None:
    rooms = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert {"runtime", "view", "storage", "config", "commands", "serve", "engine", "exchange", "screens"} <= rooms


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_above_the_door_knows_the_exchange(path: Path) -> None:
    found = list(said(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()))
    assert not found, "\n".join(found)


def said(source: str, name: str) -> Iterator[str]:
    """What a module says that is the venue's to say."""
    is_asking = "klagg_tui.exchange" in source or name.startswith("exchange/")
    may_read_files = name.startswith(("importing/", "exporting/", "fetching/"))
    before = tokenize.TokenInfo(tokenize.ENCODING, "", (0, 0), (0, 0), "")
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.string.strip()]
    for token, after in zip(tokens, [*tokens[1:], before], strict=True):
        if names_an_exchange(token) and (name, "name") not in ALLOWED:
            if not (may_read_files and FORMATS.match(token.line.strip())):
                yield f"{name}:{token.start[0]}: {token.line.strip()}"
        elif (
            (size := number_of(token)) is not None
            and (name, size) not in ALLOWED
            and (
                size in SIZES
                or (size == PAGE_AND_SECOND and is_asking and not is_time(token.line, before.string, after.string))
            )
        ):
            yield f"{name}:{token.start[0]}: {token.line.strip()}"
        before = token


def names_an_exchange(token: tokenize.TokenInfo) -> bool:
    """Whether the code, and not a sentence to people, names one: there a key is an example. Routes are never one."""
    found = [word.lower() for word in NAMES.findall(token.string)]
    is_prose = token.type == tokenize.STRING and " " in token.string.strip()
    is_prose |= token.type == tokenize.COMMENT
    return any(not is_prose or word not in PACKAGES or word in STRICT for word in found)


def is_time(line: str, before: str, after: str) -> bool:
    return bool({before, after} & ARITHMETIC or A_TIME.search(line))


def number_of(token: tokenize.TokenInfo) -> float | None:
    if token.type != tokenize.NUMBER:
        return None
    try:
        return int(token.string, 0)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "line",
    [
        '"""As Binance does."""',
        "# GET /fapi/v1/time",
        "import klagg_tui.exchange.binance",
        "x = ask(limit=99)",
        "x = f'{BINANCE}'",
        "PAGE = 1_500",
        "LIMIT = 0x5DC",
    ],
)
def test_what_is_forbidden_is_found(line: str) -> None:
    assert list(said(line + "\n", "runtime/x.py"))


def test_a_page_is_told_from_a_second_where_pages_are_asked_for() -> None:
    asks = "from klagg_tui.exchange.venue import Priority\n"
    assert list(said(asks + "PAGE = 1_000\n", "runtime/x.py"))
    assert not list(said(asks + "s = ms / 1000\nms = 1000 * s\npause_ms: int = 1_000\n", "runtime/x.py"))
    assert not list(said("BATCH = 1_000\n", "storage/x.py"))


def test_the_sizes_that_are_looked_for_are_the_venues() -> None:
    assert {99, 499, 1200, 1500, 2400} <= SIZES
    assert not {100, 300, 1000, 6000} & SIZES


def test_every_exception_is_still_needed() -> None:
    for name, what in ALLOWED:
        source = (ROOT / name).read_text(encoding="utf-8")
        assert NAMES.search(source) if what == "name" else re.search(rf"\b{what}\b", source), name
