"""Which exchanges to watch is asked once, on a terminal, and never where something says it already."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from klagg_tui.commands import first_start
from klagg_tui.commands.first_start import Wish, ask, chosen, is_first, remember
from klagg_tui.config import Effective, load
from klagg_tui.engine.bar import Bar
from klagg_tui.exchange import registry
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import MarketData, Venue
from klagg_tui.storage.store import Store
from tests.commands.beside import Terminal, exchange, terminal
from tests.makers import bars
from tests.shell import Klagg

KEYS = ("binance-um", "second", "third")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> dict[str, Venue]:
    """Exchanges at an address where nobody listens; a test puts others in their place."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    there = {key: replace(venue(), key=key, name=f"The {key}", rest_url=url) for key in KEYS}
    monkeypatch.setattr(registry, "keys", lambda: KEYS)
    monkeypatch.setattr(registry, "venue", lambda key="binance-um": there[key])
    return there


@contextmanager
def person_at(screen: Terminal, monkeypatch: pytest.MonkeyPatch, typed: bytes = b"") -> Iterator[None]:
    """Both ends of the command are that terminal, on which something was typed already."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    with Path(os.ttyname(screen.end.fileno())).open() as keys, redirect_stdout(screen.end):
        monkeypatch.setattr(sys, "stdin", keys)
        screen.type(typed)
        yield


def settings(
    tmp_path: Path, text: str = "", flags: dict[str, list[str]] | None = None, **environment: str
) -> Effective:
    file = tmp_path / "klagg.toml"
    file.write_text(text)
    return load(file, {"storage.database": [str(tmp_path / "a.db")], **(flags or {})}, environment)


def record(path: Path, wanted: Sequence[Bar] = ()) -> None:
    async def write() -> None:
        async with await Store.open(path) as store:
            await store.add_confirmed(wanted)

    asyncio.run(write())


def test_it_is_asked_only_where_a_person_is_and_nothing_says_what_to_watch(
    three: dict[str, Venue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_first(settings(tmp_path), {}), "nobody is there"
    with terminal() as screen, person_at(screen, monkeypatch):
        assert is_first(settings(tmp_path), {})
        assert not is_first(settings(tmp_path), {"TEXTUAL_DRIVER": "x"})
        assert not is_first(settings(tmp_path, "[market]\nvenues = ['binance-um']"), {})
        assert not is_first(settings(tmp_path, "[venue.binance-um]\nquote = ['USDT']"), {})
        assert not is_first(settings(tmp_path, flags={"market.venues": ["binance-um"]}), {})
        assert not is_first(settings(tmp_path, flags={"market.rest_url": ["http://127.0.0.1:1"]}), {})
        assert not is_first(settings(tmp_path, KLAGG_VENUE="binance-um"), {})
        record(tmp_path / "a.db")
        assert is_first(settings(tmp_path), {}), "a start without a network left it"
        record(tmp_path / "a.db", bars(1))
        assert not is_first(settings(tmp_path), {}), "bars are there"
        (tmp_path / "a.db").unlink()
        (tmp_path / "a.db").write_text("a letter")
        assert not is_first(settings(tmp_path), {}), "another file is there"
        (tmp_path / "a.db").unlink()
        monkeypatch.setattr(registry, "keys", lambda: KEYS[:1])
        assert not is_first(settings(tmp_path), {}), "there is no choice"


@pytest.mark.parametrize(
    ("typed", "venues"),
    [(b"\n", ("second",)), (b"3, binance-um\n", ("third", "binance-um")), (b"secnod\n2\n", ("second",))],
    ids=["what answers", "numbers and names", "after a slip"],
)
def test_what_answers_is_shown_and_what_was_typed_is_meant(
    three: dict[str, Venue], monkeypatch: pytest.MonkeyPatch, typed: bytes, venues: tuple[str, ...]
) -> None:
    with exchange() as market, exchange(faults="451@0s+9h") as blocked, terminal() as screen:
        three["second"] = replace(three["second"], rest_url=market.rest_url)
        three["third"] = replace(three["third"], rest_url=blocked.rest_url)
        with person_at(screen, monkeypatch, typed):
            assert ask(None, patience_s=3) == Wish(venues)
            shown = screen.text()
    assert "names with commas, or all [second]: " in shown
    assert "answers in" in shown
    assert "does not serve this place" in shown
    assert "no answer" in shown
    assert ("did you mean second?" in shown) == typed.startswith(b"secnod")


@pytest.mark.parametrize(("typed", "wish"), [(b"y\n", Wish(wants_demo=True)), (b"\n", Wish())])
def test_without_a_network_the_demo_is_offered_and_the_default_kept(
    three: dict[str, Venue], monkeypatch: pytest.MonkeyPatch, typed: bytes, wish: Wish
) -> None:
    with terminal() as screen, person_at(screen, monkeypatch, typed):
        assert ask(None, patience_s=2) == wish
        shown = screen.text()
    assert "No exchange answers from here" in shown
    assert "Watch a simulated market instead? [y/N] " in shown
    assert ("Going on with The binance-um" in shown) == (not wish.wants_demo)


def test_what_klagg_loads_is_not_the_delay_of_the_exchange(
    three: dict[str, Venue], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = three["binance-um"].market_data

    def late(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
        time.sleep(2.5)
        return real(rest_url, start_ms, proxy=proxy)

    with exchange() as market, terminal() as screen, person_at(screen, monkeypatch, b"\n"):
        three["binance-um"] = replace(three["binance-um"], rest_url=market.rest_url, market_data=late)
        ask(None, patience_s=4)
        (told,) = set(re.findall(r"answers in ([\d,]+) ms", screen.text()))
    assert int(told.replace(",", "")) < 2_500


def test_ctrl_d_takes_what_answers_and_remembers_nothing(
    three: dict[str, Venue], monkeypatch: pytest.MonkeyPatch
) -> None:
    with exchange() as market, terminal() as screen:
        three["second"] = replace(three["second"], rest_url=market.rest_url)
        with person_at(screen, monkeypatch, b"\x04"):
            assert ask(None, patience_s=3) == Wish(("second",), is_answer=False)


def test_a_narrow_terminal_shows_whole_what_can_be_typed(
    three: dict[str, Venue], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {f"exchange-of-a-long-name-{number}": exchange for number, exchange in enumerate(three.values())}
    monkeypatch.setattr(registry, "keys", lambda: (*there, registry.DEFAULT))
    monkeypatch.setattr(registry, "venue", {**there, registry.DEFAULT: three[registry.DEFAULT]}.__getitem__)
    with terminal(columns=40) as screen, person_at(screen, monkeypatch, b"\n"):
        ask(None, patience_s=2)
        shown = screen.text()
    assert all(key in shown for key in there)


def test_words_that_mean_no_exchange_are_one_sentence() -> None:
    assert chosen("", KEYS, KEYS[1:]) == ()
    assert chosen("1 THIRD,1", KEYS, KEYS[1:]) == ("binance-um", "third")
    assert chosen("All", KEYS, KEYS[1:]) == chosen("*", KEYS, KEYS[1:]) == ("second", "third")
    for word in ("4", "0", "thrid", "²"):
        with pytest.raises(ValueError, match="neither a number of the list nor a name in it"):
            chosen(word, KEYS, KEYS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, '[market]\nvenues = ["second", "third"]\n'),
        ("[market]\nhistory = 3\n", '[market]\nvenues = ["second", "third"]\nhistory = 3\n'),
        ("[log]\nlevel = 'INFO'\n", '[log]\nlevel = \'INFO\'\n\n[market]\nvenues = ["second", "third"]\n'),
    ],
    ids=["no file", "a table", "another table"],
)
def test_the_choice_is_remembered_beside_what_is_set_already(tmp_path: Path, before: str | None, after: str) -> None:
    path = tmp_path / "there" / "config.toml"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    remember(path, ("second", "third"))
    assert path.read_text() == after


@pytest.mark.parametrize("text", ["market.history = 1\n", "[broken\n"])
def test_a_file_that_cannot_take_it_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    remember(path, ("second",))
    assert path.read_text() == text
    assert 'put venues = ["second"] below [market] there.' in capsys.readouterr().err


def test_klagg_asks_remembers_and_watches_that(klagg: Klagg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[tuple[str, ...]] = []
    monkeypatch.setattr("klagg_tui.commands.terminal.is_first", lambda _: True)
    monkeypatch.setattr("klagg_tui.commands.terminal.ask", lambda _: Wish(("binance-um",)))
    monkeypatch.setattr(
        "klagg_tui.commands.terminal.watch", lambda _, settings, *_begin, **__: watched.append(settings.market.venues)
    )
    said = klagg()
    assert (said.status, watched) == (0, [("binance-um",)])
    assert 'venues = ["binance-um"]' in (tmp_path / "home" / "klagg" / "config.toml").read_text()


def test_what_nobody_answered_is_watched_and_not_remembered(
    klagg: Klagg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[tuple[str, ...]] = []
    monkeypatch.setattr("klagg_tui.commands.terminal.is_first", lambda _: True)
    monkeypatch.setattr("klagg_tui.commands.terminal.ask", lambda _: Wish(("kraken",), is_answer=False))
    monkeypatch.setattr(
        "klagg_tui.commands.terminal.watch", lambda _, settings, *_begin, **__: watched.append(settings.market.venues)
    )
    said = klagg()
    assert (said.status, watched) == (0, [("kraken",)])
    assert not (tmp_path / "home" / "klagg" / "config.toml").exists()


def test_ctrl_c_at_the_question_ends_klagg_as_in_any_shell(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> Wish:
        raise KeyboardInterrupt

    monkeypatch.setattr("klagg_tui.commands.terminal.is_first", lambda _: True)
    monkeypatch.setattr("klagg_tui.commands.terminal.ask", interrupted)
    assert klagg().status == 130


def test_whoever_wants_the_demo_gets_it_at_once(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = SimpleNamespace(times=0)

    def watch_demo(_: object, *, start: object) -> None:
        assert not start
        shown.times += 1

    monkeypatch.setattr("klagg_tui.commands.terminal.is_first", lambda _: True)
    monkeypatch.setattr("klagg_tui.commands.terminal.ask", lambda _: Wish(wants_demo=True))
    monkeypatch.setattr("klagg_tui.commands.demo.watch_demo", watch_demo)
    assert klagg().status == 0
    assert shown.times == 1


def test_record_and_serve_never_ask() -> None:
    for name in ("record", "serve"):
        text = (Path(first_start.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        assert "first_start" not in text
