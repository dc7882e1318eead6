"""One name, two contracts: files of both, in any order, give the bars of each as if the other were not there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Span
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.outcome import Imported
from klagg_tui.importing.read import in_order
from klagg_tui.storage.store import Store
from tests.filed import all_of
from tests.importing.test_importer import HEADER, event, row
from tests.makers import DAY, MINUTE, trade

SYMBOL = "LITUSDT"
OLD_MS = 1_738_195_200_000
"""2025-01-30 00:00 UTC."""
NEW_MS = 1_766_534_400_000
"""2025-12-24 00:00 UTC."""


def told(first: int, last: int, from_ms: int, step_ms: int, price: str = "3.5{}") -> list[AggTrade]:
    """Trades of ten pieces each, the last digit of the price that of the id."""
    return [
        trade(number, from_ms + number * step_ms, price.format(number % 10), "10", symbol=SYMBOL)
        for number in range(first, last + 1)
    ]


OLD = told(1, 360, OLD_MS, 8 * MINUTE - 1000, "0.9{}")
NEW = told(1, 100, NEW_MS, 1000)


def archive(folder: Path, day: str, given: Iterable[AggTrade]) -> Path:
    path = folder / f"{SYMBOL}-aggTrades-{day}.csv"
    path.write_text("\n".join([HEADER, *map(row, given)]) + "\n")
    return path


def recording(folder: Path, name: str, given: Iterable[AggTrade]) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(f"{event(one)}\n" for one in given))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two days of the old contract, and the trades of the new one in two recordings."""
    folder = tmp_path_factory.mktemp("files")
    return [
        archive(folder, "2025-01-30", [one for one in OLD if one.traded_ms < OLD_MS + DAY]),
        archive(folder, "2025-01-31", [one for one in OLD if one.traded_ms >= OLD_MS + DAY]),
        recording(folder, "n1", NEW[:50]),
        recording(folder, "n2", NEW[50:]),
    ]


Content = tuple[list[Bar], tuple[Span, ...]]


async def imported(path: Path, *calls: Sequence[Path]) -> tuple[Content, list[Imported]]:
    """What is in a new database after an import of each, and what came of them."""
    async with await Store.open(path) as store:
        outcomes = [await import_files(store, files) for files in calls]
        return await all_of(store, SYMBOL), outcomes


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> Content:
    """What is in a database after an import of each file in order of time."""
    content, _ = asyncio.run(imported(tmp_path_factory.mktemp("other") / "klagg.db", *([path] for path in files)))
    return content


def shown(bars: Iterable[Bar], from_ms: int = NEW_MS) -> list[tuple[object, ...]]:
    """Prices, volume and trades of the minutes from then on."""
    return [
        (bar.open_ms, *map(exact.price_text, bar[3:7]), exact.quantity_text(bar.volume), bar.trade_count)
        for bar in bars
        if bar.period is Period.M1 and bar.open_ms >= from_ms
    ]


RIGHT = [
    (NEW_MS, "3.51", "3.59", "3.5", "3.59", "590", 59),
    (NEW_MS + MINUTE, "3.5", "3.59", "3.5", "3.5", "410", 41),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_files_of_two_contracts_give_the_same_in_any_order(
    tmp_path: Path, files: list[Path], one_by_one: Content, order: Sequence[int]
) -> None:
    content, outcomes = await imported(tmp_path / "one.db", *([files[place]] for place in order))
    assert shown(content[0]) == RIGHT
    assert [span[1:3] for span in content[1]] == [(1, 360), (1, 100)]
    assert [span.contract for span in content[1]] == [0, 1]
    assert sum(outcome.duplicates + outcome.too_late for outcome in outcomes) == 0
    assert content == one_by_one
    assert [finding async for finding in audit(tmp_path / "one.db") if finding.from_ms >= NEW_MS] == []


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
async def test_files_of_two_contracts_give_the_same_in_one_import(
    tmp_path: Path, files: list[Path], one_by_one: Content, order: Sequence[int]
) -> None:
    content, _ = await imported(tmp_path / "one.db", [files[place] for place in order])
    assert content == one_by_one


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("is_one", [True, False])
async def test_days_of_two_contracts_are_whole_in_any_order(
    tmp_path: Path, files: list[Path], order: Sequence[int], is_one: bool
) -> None:
    """All three days begin with the ids of the run before, or with the same id."""
    days = [*files[:2], archive(tmp_path, "2025-12-24", NEW)]
    calls = [[days[place] for place in order]] if is_one else [[days[place]] for place in order]
    (bars, spans), outcomes = await imported(tmp_path / "klagg.db", *calls)
    assert shown(bars)[:2] == RIGHT
    minutes = [bar for bar in bars if bar.period is Period.M1]
    assert {bar.state for bar in minutes} == {State.CLOSED}
    assert [span[3:5] for span in spans] == [(OLD_MS, OLD_MS + 2 * DAY), (NEW_MS, NEW_MS + DAY)]
    assert sum(bar.trade_count for bar in minutes) == sum(map(fills, [*OLD, *NEW]))
    assert sum(outcome.duplicates + outcome.too_late for outcome in outcomes) == 0


def minutes_of(given: Sequence[AggTrade]) -> range:
    """The open times of all minutes from the first trade to the last."""
    return range(given[0].traded_ms // MINUTE * MINUTE, given[-1].traded_ms + 1, MINUTE)


def fills(one: AggTrade) -> int:
    return one.last_trade_id - one.first_trade_id + 1


async def test_files_that_come_again_change_nothing(tmp_path: Path, files: list[Path]) -> None:
    once, _ = await imported(tmp_path / "one.db", files)
    again, outcomes = await imported(tmp_path / "two.db", files, files[::-1], [files[2]], [files[0]])
    assert again == once
    assert outcomes[1].new == 0


@pytest.mark.parametrize("is_turned", [True, False])
async def test_ids_that_go_on_days_later_claim_nothing_for_the_days_between(tmp_path: Path, is_turned: bool) -> None:
    later = told(181, 230, OLD_MS + 5 * DAY, 1000)
    calls = [recording(tmp_path, "a", OLD[:180]), recording(tmp_path, "b", later)]
    (bars, spans), _ = await imported(tmp_path / "klagg.db", *([path] for path in calls[:: -1 if is_turned else 1]))
    assert [span[1:3] for span in spans] == [(1, 180), (181, 230)]
    between = [bar for bar in bars if OLD[179].traded_ms < bar.open_ms and bar.end_ms < later[0].traded_ms]
    assert [bar for bar in between if bar.period is Period.M1] == []
    assert {bar.state for bar in between} <= {State.PARTIAL}


async def test_ids_that_go_on_days_later_in_one_file_claim_nothing_either(tmp_path: Path) -> None:
    later = told(181, 230, OLD_MS + 5 * DAY, 1000)
    (bars, spans), outcomes = await imported(tmp_path / "k.db", [recording(tmp_path, "all", [*OLD[:180], *later])])
    assert [span[1:3] for span in spans] == [(1, 180), (181, 230)]
    opens = [bar.open_ms for bar in bars if bar.period is Period.M1]
    assert opens == [*minutes_of(OLD[:180]), *minutes_of(later)]
    assert outcomes[0].trades == 230


@pytest.mark.parametrize("kind", ["recording", "archive", "turned archive"])
async def test_one_file_may_hold_both_contracts(tmp_path: Path, kind: str) -> None:
    """Also where its rows lie in disorder within each."""
    given = [*OLD, *NEW] if kind != "turned archive" else [*OLD[:200], *OLD[300:], *OLD[200:300], *NEW[::-1]]
    path = recording(tmp_path, "r", given) if kind == "recording" else archive(tmp_path, "2025-12", given)
    (bars, spans), (outcome,) = await imported(tmp_path / "klagg.db", [path])
    assert shown(bars) == RIGHT
    assert [span[1:3] for span in spans] == [(1, 360), (1, 100)]
    assert (outcome.trades, outcome.duplicates, outcome.too_late) == (460, 0, 0)
    if kind == "recording":
        assert outcome.notes == [
            f"The ids of {SYMBOL} begin anew with 1: another contract has that name from there on."
        ]


async def test_one_damaged_id_begins_no_contract(tmp_path: Path) -> None:
    damaged = [*OLD[:200], OLD[200]._replace(aggregate_id=7), *OLD[201:]]
    (_, spans), (outcome,) = await imported(tmp_path / "klagg.db", [recording(tmp_path, "r", damaged)])
    assert [span.contract for span in spans] == [0, 0]
    assert (outcome.trades, outcome.gaps) == (359, 1)


def test_trades_are_put_in_order_within_each_contract() -> None:
    assert in_order([*OLD[5::-1], *NEW[3::-1]]) == [*OLD[:6], *NEW[:1], *NEW[1:4]]
    assert in_order(NEW) is NEW
