"""Recorded trades and bars, from files into the store."""

import gzip
import json
import os
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.importing.outcome import Imported, Progress
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.makers import DAY, START, trades

HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


def row(trade: AggTrade) -> str:
    return (
        f"{trade.aggregate_id},{padded(trade.price, 2)},{padded(trade.quantity, 3)},{trade.first_trade_id},"
        f"{trade.last_trade_id},{trade.traded_ms},{str(trade.is_buyer_maker).lower()}"
    )


def padded(text: str, decimals: int) -> str:
    return exact.price_text(parsing.price(text), decimals)


def event(trade: AggTrade) -> str:
    return json.dumps(
        {
            "e": "aggTrade",
            "s": trade.symbol,
            "a": trade.aggregate_id,
            "p": trade.price,
            "q": trade.quantity,
            "f": trade.first_trade_id,
            "l": trade.last_trade_id,
            "T": trade.traded_ms,
            "m": trade.is_buyer_maker,
        }
    )


def file_of(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def day_file(folder: Path, day: int, made: Sequence[AggTrade]) -> Path:
    return file_of(folder / f"BTCUSDT-aggTrades-2024-08-{8 + day:02}.csv", [HEADER, *map(row, made)])


async def stored(store: Store, period: Period = Period.M1, symbol: str = "BTCUSDT") -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


def states(bars: Iterable[Bar]) -> list[str]:
    return [bar.state.name for bar in bars]


def three_days() -> list[list[AggTrade]]:
    """Trades every 47 minutes or so: most minutes are quiet, also around midnight."""
    times = list(range(START + 123_456, START + 3 * DAY, 2_820_000))
    made = trades(times)
    return [[one for one in made if START + day * DAY <= one.traded_ms < START + (day + 1) * DAY] for day in range(3)]


async def test_a_file_named_after_a_day_proves_its_edges(store: Store, tmp_path: Path) -> None:
    made = trades([START + 30_000, START + 3 * MINUTE_MS])
    outcome = await import_files(store, [day_file(tmp_path, 0, made)])
    bars = await stored(store)
    assert (outcome.trades, outcome.bars, outcome.is_usable) == (2, 1440, True)
    assert [bar.open_ms for bar in bars] == list(range(START, START + DAY, MINUTE_MS))
    assert {bar.state for bar in bars} == {State.CLOSED}
    assert states(await stored(store, Period.D1)) == ["CLOSED"]


async def test_other_files_have_partial_edges(store: Store, tmp_path: Path) -> None:
    made = trades([START + 30_000, START + 90_000, START + 150_000])
    await import_files(store, [file_of(tmp_path / "some.csv", map(row, made))], symbol="BTCUSDT")
    assert states(await stored(store)) == ["PARTIAL", "CLOSED", "PARTIAL"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_days_in_any_order_at_once_or_one_by_one_give_the_same_bars(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    files = [day_file(tmp_path, day, made) for day, made in enumerate(three_days())]
    async with await Store.open(tmp_path / "one.db") as one, await Store.open(tmp_path / "many.db") as many:
        await import_files(one, [files[place] for place in order])
        for place in order:
            await import_files(many, [files[place]])
        for period in (Period.M1, Period.H1, Period.D1, Period.W1):
            assert await stored(many, period) == await stored(one, period)
        bars = await stored(one)
        assert len(bars) == 3 * 1440 - 2  # before the first trade of all there is no price
        assert {bar.state for bar in bars} == {State.CLOSED}
        assert states(await stored(one, Period.D1)) == ["PARTIAL", "CLOSED", "CLOSED"]


async def test_importing_twice_changes_nothing_and_says_so(store: Store, tmp_path: Path) -> None:
    path = day_file(tmp_path, 0, three_days()[0])
    await import_files(store, [path])
    before = await stored(store)
    outcome = await import_files(store, [path, path])
    assert await stored(store) == before
    assert (outcome.is_usable, outcome.new) == (True, 0)


async def test_a_file_and_a_part_of_it_may_overlap(store: Store, tmp_path: Path) -> None:
    days = three_days()
    whole = file_of(tmp_path / "all.csv", [row(one) for day in days for one in day])
    outcome = await import_files(store, [day_file(tmp_path, 1, days[1]), whole], symbol="BTCUSDT")
    assert outcome.duplicates == len(days[1])
    assert outcome.gaps == 0
    assert sum(bar.volume for bar in await stored(store)) == sum(
        parsing.quantity(one.quantity) for day in days for one in day
    )


async def test_a_missing_row_is_a_gap_and_its_minutes_are_partial(store: Store, tmp_path: Path) -> None:
    made = trades(range(START, START + 10 * MINUTE_MS, 20_000))
    outcome = await import_files(store, [day_file(tmp_path, 0, made[:10] + made[11:])])
    assert outcome.gaps == 1
    partial = [bar.open_ms for bar in await stored(store) if bar.state is State.PARTIAL]
    assert partial == [START + 3 * MINUTE_MS]


async def test_rows_in_disorder_are_put_in_order(store: Store, tmp_path: Path) -> None:
    made = trades(range(START, START + 10 * MINUTE_MS, 20_000))
    shuffled = [*made[:7], made[8], made[7], *made[9:]]
    outcome = await import_files(store, [day_file(tmp_path, 0, shuffled)])
    assert (outcome.gaps, outcome.trades) == (0, 30)


async def test_bad_rows_cost_themselves_and_nothing_else(store: Store, tmp_path: Path) -> None:
    lines = [row(one) for one in trades(range(START, START + 5 * MINUTE_MS, 20_000))]
    path = file_of(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", [HEADER, *lines[:3], "garbage", *lines[3:]])
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.tally.bad, outcome.gaps) == (15, 1, 0)
    assert outcome.tally.first_bad == ["BTCUSDT-aggTrades-2024-08-08.csv, line 5: 1 columns instead of 7 or 8"]


@pytest.mark.parametrize("is_csv", [True, False])
async def test_a_record_of_nothing_uses_up_its_id_and_harms_no_minute(
    store: Store, tmp_path: Path, *, is_csv: bool
) -> None:
    made = trades(range(START, START + 10 * MINUTE_MS, 20_000))
    for place in (7, 20):
        made[place] = made[place]._replace(price="0", quantity="0.000", first_trade_id=-1, last_trade_id=-1)
    lines = map(row if is_csv else event, made)
    outcome = await import_files(store, [file_of(tmp_path / "a", lines)], symbol="BTCUSDT")
    assert (outcome.trades, outcome.gaps, outcome.tally.placeholders, outcome.tally.bad) == (28, 0, 2, 0)
    assert {*states(await stored(store))[1:-1]} == {"CLOSED"}
    (span,) = await store.spans("BTCUSDT")
    assert (span.first_id, span.last_id) == (made[0].aggregate_id, made[-1].aggregate_id)


@pytest.mark.parametrize("is_csv", [True, False])
@pytest.mark.parametrize(
    "damage",
    [
        {"aggregate_id": 2**63},
        {"aggregate_id": -1},
        {"first_trade_id": 99, "last_trade_id": 1},
        {"first_trade_id": -2},
        {"last_trade_id": 2**63},
    ],
)
async def test_an_id_that_the_live_decoder_refuses_is_a_bad_row_of_a_file_too(
    store: Store, tmp_path: Path, damage: dict[str, int], *, is_csv: bool
) -> None:
    made = trades([START, START + 1])
    write = row if is_csv else event
    lines = [write(made[0]), write(made[1]._replace(**damage))]  # type: ignore[arg-type]
    outcome = await import_files(store, [file_of(tmp_path / "a", lines)], symbol="BTCUSDT")
    assert (outcome.trades, outcome.tally.bad) == (1, 1)
    assert outcome.tally.first_bad[0].startswith("a, line 2: ")


async def test_trades_of_another_market_in_a_recording_are_left_out_and_counted(store: Store, tmp_path: Path) -> None:
    made = trades([START, START + 1, START + 2])
    lines = [event(made[0]), event(made[1]).replace("{", '{"st": 2, ', 1), event(made[2]).replace("{", '{"st": 1, ', 1)]
    outcome = await import_files(store, [file_of(tmp_path / "a.jsonl", lines)])
    assert (outcome.trades, outcome.tally.other_market, outcome.tally.bad) == (2, 1, 0)
    assert outcome.notes == ["Trades of another market of the exchange left out: 1."]


async def test_every_packing_and_layout_gives_the_same_bars(tmp_path: Path) -> None:
    made = trades(range(START, START + 10 * MINUTE_MS, 20_000))
    futures = "\n".join([HEADER, *map(row, made)]).encode()
    spot = "\n".join(row(one).replace(str(one.traded_ms), f"{one.traded_ms}999") + ",True" for one in made).encode()
    (tmp_path / "a.csv").write_bytes(futures)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(spot))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("BTCUSDT-aggTrades-2024-08-08.csv", futures)
    file_of(tmp_path / "d.jsonl", map(event, made))
    file_of(tmp_path / "e.txt", (f'17.5: {{"stream": "x", "data": {event(one)}}}' for one in made))
    values = []
    for name in ("a.csv", "b.csv.gz", "c.zip", "d.jsonl", "e.txt"):
        async with await Store.open(tmp_path / f"{name}.db") as store:
            assert (await import_files(store, [tmp_path / name], symbol="BTCUSDT")).trades == 30
            values.append([bar[:12] for bar in await stored(store)][:10])
    assert all(value == values[0] for value in values)


async def test_a_zip_of_several_days_is_read_whole_and_one_of_several_symbols_is_refused(
    store: Store, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "days.zip", "w") as archive:
        for day, made in enumerate(three_days()[:2]):
            archive.write(day_file(tmp_path, day, made), f"BTCUSDT-aggTrades-2024-08-0{8 + day}.csv")
    outcome = await import_files(store, [tmp_path / "days.zip"])
    assert (outcome.gaps, outcome.trades) == (0, sum(map(len, three_days()[:2])))
    assert [bar.state for bar in await stored(store, Period.D1)] == [State.PARTIAL, State.CLOSED]
    with zipfile.ZipFile(tmp_path / "days.zip", "a") as archive:
        archive.writestr("ETHUSDT-aggTrades-2024-08-08.csv", row(trades([START])[0]))
    outcome = await import_files(store, [tmp_path / "days.zip"])
    assert "holds files of BTCUSDT and of ETHUSDT" in outcome.failures[0]
    assert await stored(store, symbol="ETHUSDT") == []


async def test_klines_are_confirmed_bars_of_the_period_they_show(store: Store, tmp_path: Path) -> None:
    rows = [f"{START + at * 300_000},2,3,1,2,10,{START + (at + 1) * 300_000 - 1},20,5,4,8,0" for at in range(12)]
    outcome = await import_files(store, [file_of(tmp_path / "ETHUSDT-1h-2024-08-08.csv", rows)])
    bars = await stored(store, Period.M5, "ETHUSDT")
    assert (outcome.bars, outcome.new, len(bars), {bar.state for bar in bars}) == (12, 12, 12, {State.CONFIRMED})
    assert [bar.volume for bar in await stored(store, Period.H1, "ETHUSDT")] == [parsing.quantity("120")]


async def test_confirmed_bars_stay_when_trades_come_after_them(store: Store, tmp_path: Path) -> None:
    kline = file_of(tmp_path / "BTCUSDT-1m-2024-08-08.csv", [f"{START},2,3,1,2,10,{START + 59_999},20,5,4,8,0"])
    await import_files(store, [kline])
    await import_files(store, [day_file(tmp_path, 0, trades([START + 5, START + 70_000]))])
    bars = await stored(store)
    assert states(bars)[:2] == ["CONFIRMED", "CLOSED"]
    assert bars[0].trade_count == 5


async def test_the_exchanges_decimals_are_kept(store: Store, tmp_path: Path) -> None:
    await import_files(store, [day_file(tmp_path, 0, trades([START]))])
    path = file_of(tmp_path / "x.jsonl", [event(trades([START], symbol="牛来USDT")[0])])
    await import_files(store, [path])
    assert await store.precisions() == {"BTCUSDT": Precision(2, 3), "牛来USDT": Precision(1, 3)}


async def test_a_symbol_given_serves_files_that_name_none_and_never_contradicts_a_name(
    store: Store, tmp_path: Path
) -> None:
    nameless, named = file_of(tmp_path / "a.csv", map(row, trades([START]))), day_file(tmp_path, 0, trades([START]))
    outcome = await import_files(store, [nameless, named], symbol=" ethusdt ")
    assert len(await stored(store, symbol="ETHUSDT")) == 1
    assert [text.split(" ", 1)[1] for text in outcome.failures] == [
        "is about BTCUSDT by its name, not about ETHUSDT; leave --symbol out, or rename it."
    ]
    assert await stored(store) == []


async def test_a_file_that_unpacks_to_something_else_than_was_packed_gives_nothing(
    store: Store, tmp_path: Path
) -> None:
    lines = "\n".join(map(row, trades(range(START, START + DAY, 2_500)))).encode()
    packed = bytearray(gzip.compress(lines, compresslevel=0))  # as it is: no damage within shows before the checksum
    at = packed.rindex(b",1.00") + 1
    packed[at : at + 1] = b"9"
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv.gz"
    path.write_bytes(packed)
    outcome = await import_files(store, [path])
    assert "its checksum is wrong, and nothing of it was taken" in outcome.failures[0]
    assert await stored(store) == []


async def test_files_that_cannot_be_used_are_told_and_the_others_are_read(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    files = [
        tmp_path / "none.csv",
        file_of(tmp_path / "empty.csv", [""]),
        file_of(tmp_path / "nameless.csv", [row(trades([START])[0])]),
        file_of(tmp_path / "BTCUSDT-trades-2024-08-08.csv", ["1,2.5,1,2.5,1723075200000,true"]),
        file_of(tmp_path / "notes.txt", ["some", "words"]),
        file_of(tmp_path / "picture.bin", ["\0\1\2{", "{\0"]),
        tmp_path / "pipe",
        day_file(tmp_path, 0, trades([START])),
    ]
    outcome = await import_files(store, files)
    assert outcome.trades == 1
    assert [text.split(" ", 1)[1] for text in outcome.failures] == [
        "cannot be read: No such file or directory.",
        "is empty.",
        "does not say which symbol it is about; add --symbol.",
        "holds single trades; klagg reads the exchange's aggregate trades (aggTrades) instead.",
        "holds neither aggregate trades (7 or 8 columns), nor bars (12 columns), nor events (a JSON text a line).",
        "is no text.",
        "is a pipe or a device, and klagg looks at a file before it reads it; save it first.",
    ]


async def test_a_file_cut_in_the_middle_keeps_what_it_has_and_proves_no_end(store: Store, tmp_path: Path) -> None:
    made = trades(range(START, START + DAY, 2_500))
    whole = day_file(tmp_path, 0, made)
    cut = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv.gz"
    cut.write_bytes(gzip.compress(whole.read_bytes())[:-5_000])
    outcome = await import_files(store, [cut])
    assert "ends in the middle" in outcome.failures[0]
    bars = await stored(store)
    assert 100 < len(bars) < 1440
    assert {*states(bars[1:-1])} == {"CLOSED"}
    assert states([bars[0], bars[-1]]) == ["PARTIAL", "PARTIAL"]


async def test_asked_to_stop_it_keeps_what_is_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 100_000))
    made = trades(range(START, START + DAY, 2_500))
    seen: list[Progress] = []
    path = day_file(tmp_path, 0, made)
    looks = -(-path.stat().st_size // 100_000)
    outcome = await import_files(store, [path], on_progress=seen.append, should_stop=lambda: len(seen) > looks + 3)
    assert outcome.is_stopped
    assert 0 < outcome.trades < len(made)
    assert {(one.path, one.total) for one in seen} == {(path, path.stat().st_size)}
    bars = await stored(store)
    assert sum(bar.volume for bar in bars) == sum(parsing.quantity(one.quantity) for one in made[: outcome.trades])
    await import_files(store, [path])
    assert len(await stored(store)) == 1440


async def test_asked_to_stop_while_it_looks_at_a_file_it_takes_nothing_of_it(store: Store, tmp_path: Path) -> None:
    path = day_file(tmp_path, 0, trades(range(START, START + DAY, 2_500)))
    seen: list[Progress] = []
    outcome = await import_files(store, [path], on_progress=seen.append, should_stop=lambda: seen[-1].rows > 0)
    assert outcome.is_stopped
    assert (outcome.trades, await stored(store)) == (0, [])


async def test_commits_on_the_way_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trades(range(START + 5_000, START + DAY, 2_500))
    path = file_of(tmp_path / "a.csv", map(row, [*made[:9_000], *made[9_001:]]))
    async with await Store.open(tmp_path / "one.db") as one, await Store.open(tmp_path / "many.db") as many:
        await import_files(one, [path], symbol="BTCUSDT")
        monkeypatch.setattr("klagg_tui.importing.write.COMMIT_EVERY", 1_000)
        monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 50_000))
        outcome = await import_files(many, [path], symbol="BTCUSDT")
        assert outcome.new == outcome.bars == len(await stored(one))
        for period in (Period.M1, Period.M5, Period.D1):
            assert await stored(many, period) == await stored(one, period)
        assert await many.spans("BTCUSDT") == await one.spans("BTCUSDT")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 119), max_size=5), seed=st.randoms(use_true_random=False))
async def test_pieces_cut_anywhere_in_any_order_give_the_bars_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], seed: object
) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    made = trades(range(START + 5_000, START + 20 * MINUTE_MS, 10_000))
    edges = sorted({0, *cuts, len(made)})
    pieces = [made[begin:end] for begin, end in pairwise(edges)]
    files = [file_of(folder / f"{place}.csv", map(row, piece)) for place, piece in enumerate(pieces)]
    seed.shuffle(files)  # type: ignore[attr-defined]
    async with await Store.open(folder / "whole.db") as whole, await Store.open(folder / "cut.db") as cut:
        await import_files(whole, [file_of(folder / "all.csv", map(row, made))], symbol="BTCUSDT")
        for path in files:
            await import_files(cut, [path], symbol="BTCUSDT")
        assert await stored(cut) == await stored(whole)
        assert await stored(cut, Period.M5) == await stored(whole, Period.M5)


@needs_data
async def test_every_kline_message_of_the_recorded_session_equals_the_trades_before_it(tmp_path: Path) -> None:
    """Each whole minute of 2021, update by update: the file is cut behind the trade that a message names as its last."""
    path = DATA / "um-capture-2021-07-22" / "ws.txt.gz"
    lines = [line for block in raw_blocks(path) for line in block.read().lines[1:]]
    events = [orjson.loads(line[line.index("{") :])["data"] for line in lines if "{" in line]
    compared = 0
    for kline in (one["k"] for one in events if one["e"] == "kline"):
        before = [one for one in events if one["e"] == "aggTrade" and one["s"] == kline["s"] and one["l"] <= kline["L"]]
        if not before or before[0]["T"] >= kline["t"] or before[-1]["l"] != kline["L"]:
            continue  # the session began within this minute, or the message was sent within an aggregate trade
        cut = file_of(tmp_path / f"{compared}.jsonl", (json.dumps(one) for one in before))
        async with await Store.open(tmp_path / f"{compared}.db") as store:
            await import_files(store, [cut])
            bar = (await stored(store, symbol=kline["s"]))[-1]
        assert (bar.open_ms, bar.trade_count) == (kline["t"], kline["n"])
        assert bar[3:7] == tuple(parsing.price(kline[field]) for field in "ohlc")
        assert bar.volume == parsing.quantity(kline["v"])
        assert (bar.turnover, bar.taker_buy_turnover) == (parsing.turnover(kline["q"]), parsing.turnover(kline["Q"]))
        assert bar.taker_buy_volume == parsing.quantity(kline["V"])
        compared += 1
    assert compared > 10


def test_an_import_of_nothing_is_of_no_use() -> None:
    assert not Imported().is_usable
