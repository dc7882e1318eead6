"""Archives and recordings whose rows lie in any order: each trade is in a bar once, whatever lies before it."""

import random
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.storage.store import Store
from tests.importing.test_importer import event, row
from tests.makers import DAY, START, trades

NAME = "BTCUSDT-aggTrades-2024-08-08.csv"
Arranged: TypeAlias = "Callable[[list[AggTrade]], list[AggTrade]]"
MADE = trades(range(START + 5_000, START + DAY, 60_000))
"""About 80 kB: ten blocks, where a block is 8 kB."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and pieces so small that a day has many of both."""
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 8_000))
    monkeypatch.setattr("klagg_tui.importing.sorting.MOST_IN_MEMORY", 100)
    monkeypatch.setattr("klagg_tui.importing.write.COMMIT_EVERY", 300)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


def file_of(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


async def stored(store: Store, period: Period = Period.M1) -> list[Bar]:
    return [bar async for bar in store.bars("BTCUSDT", period)]


async def in_order(folder: Path, lines: Iterable[str], name: str = NAME) -> list[Bar]:
    """The bars of the same rows in their order."""
    (folder / "ordered").mkdir()
    async with await Store.open(folder / "ordered.db") as store:
        await import_files(store, [file_of(folder / "ordered" / name, lines)])
        return await stored(store)


def descending(made: list[AggTrade]) -> list[AggTrade]:
    return made[::-1]


def turned(made: list[AggTrade]) -> list[AggTrade]:
    return [*made[700:], *made[:700]]


def shuffled(made: list[AggTrade]) -> list[AggTrade]:
    return random.Random(8).sample(made, len(made))


@pytest.mark.parametrize("order", [descending, shuffled, turned])
async def test_a_day_in_any_order_gives_the_bars_of_the_day(store: Store, tmp_path: Path, order: Arranged) -> None:
    path = file_of(tmp_path / NAME, map(row, order(MADE)))
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.duplicates, outcome.gaps, outcome.too_late) == (len(MADE), 0, 0, 0)
    bars = await stored(store)
    assert bars == await in_order(tmp_path, map(row, MADE))
    assert {bar.state for bar in bars} == {State.CLOSED}
    assert [bar.state for bar in await stored(store, Period.D1)] == [State.CLOSED]
    assert outcome.notes == []


async def test_rows_that_come_twice_are_the_only_duplicates(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / NAME, map(row, [*MADE, *MADE[:100]]))
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.duplicates, outcome.gaps) == (len(MADE), 100, 0)


async def test_a_bad_row_of_a_file_in_disorder_is_told_by_its_own_line(store: Store, tmp_path: Path) -> None:
    lines = [row(trade) for trade in MADE[::-1]]
    lines[500] = "garbage"
    outcome = await import_files(store, [file_of(tmp_path / NAME, lines)])
    assert outcome.tally.first_bad == [f"{NAME}, line 501: 1 columns instead of 7 or 8"]
    assert (outcome.trades, outcome.gaps) == (len(MADE) - 1, 1)


async def test_members_of_a_zip_may_come_in_any_order_too(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "days.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for place, made in (("b", MADE[:700]), ("a", MADE[700:])):
            archive.writestr(f"{place}/BTCUSDT-aggTrades-2024-08.csv", "".join(f"{row(trade)}\n" for trade in made))
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.duplicates, outcome.gaps) == (len(MADE), 0, 0)


async def test_a_file_that_fills_the_gap_of_another_is_no_duplicate_of_it(store: Store, tmp_path: Path) -> None:
    holed = file_of(tmp_path / "a.csv", map(row, [*MADE[:400], *MADE[900:]]))
    filling = file_of(tmp_path / "b.csv", map(row, MADE[400:900]))
    outcome = await import_files(store, [holed, filling], symbol="BTCUSDT")
    assert (outcome.trades, outcome.duplicates) == (len(MADE), 0)
    assert {bar.state for bar in (await stored(store))[1:-1]} == {State.CLOSED}
    assert [bar.is_traded for bar in await stored(store)] == [True] * len(MADE)


@pytest.mark.parametrize("order", [descending, turned])
async def test_a_recording_in_any_order_gives_the_bars_of_the_recording(
    store: Store, tmp_path: Path, order: Arranged
) -> None:
    path = file_of(tmp_path / "a.jsonl", map(event, order(MADE)))
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.duplicates, outcome.too_late) == (len(MADE), 0, 0)
    assert await stored(store) == await in_order(tmp_path, map(event, MADE), "a.jsonl")


async def test_what_a_recording_has_twice_is_counted_as_that(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.jsonl", map(event, [*MADE[:900], *MADE[600:]]))
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.duplicates, outcome.gaps) == (len(MADE), 300, 0)


@pytest.mark.parametrize(
    ("at", "damage"),
    [
        (2, {"aggregate_id": 2**50}),
        (1_000, {"aggregate_id": 1}),
        (1_000, {"aggregate_id": 2**50}),
        (100, {"traded_ms": START + 20 * 60 * MINUTE_MS}),
    ],
)
async def test_a_row_whose_id_or_time_is_damaged_costs_no_other_row(
    store: Store, tmp_path: Path, at: int, damage: dict[str, int]
) -> None:
    made = [trade._replace(aggregate_id=trade.aggregate_id + 10_000) for trade in MADE]
    made[at] = made[at]._replace(**damage)  # type: ignore[arg-type]
    outcome = await import_files(store, [file_of(tmp_path / NAME, map(row, made))])
    assert (outcome.duplicates, outcome.too_late) == (0, 0)
    assert outcome.trades + outcome.tally.bad == len(MADE)
    assert outcome.tally.bad <= 1
    bars = {bar.open_ms: bar for bar in await stored(store)}
    assert all(bars[START + place * MINUTE_MS].is_traded for place in range(len(MADE)) if place != at)
    assert bars[START].state is State.PARTIAL
    assert outcome.notes != []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 119), max_size=4), chance=st.randoms(use_true_random=False), is_csv=st.booleans())
async def test_pieces_in_any_order_with_rows_in_any_order_give_the_bars_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], chance: random.Random, *, is_csv: bool
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    made = trades(range(START + 5_000, START + 20 * MINUTE_MS, 10_000))
    write = row if is_csv else event
    places = sorted({0, *cuts, len(made)})
    pieces = [made[begin:end] for begin, end in pairwise(places)]
    chance.shuffle(pieces)
    files = [
        file_of(folder / f"{at}.txt", map(write, chance.sample(piece, len(piece)))) for at, piece in enumerate(pieces)
    ]
    whole = file_of(folder / "whole.txt", map(write, made))
    async with await Store.open(folder / "whole.db") as one, await Store.open(folder / "pieces.db") as many:
        await import_files(one, [whole], symbol="BTCUSDT")
        outcome = await import_files(many, files, symbol="BTCUSDT")
        assert (outcome.trades, outcome.duplicates, outcome.too_late) == (len(made), 0, 0)
        assert await stored(many) == await stored(one)
        assert await many.spans("BTCUSDT") == await one.spans("BTCUSDT")
