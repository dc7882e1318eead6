"""Daily files of another exchange, whose rows name their instrument and count contracts."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile, BadUsage
from klagg_tui.importing.detect import FileKind, detect
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.outcome import Imported
from klagg_tui.importing.units import fault_of_stored
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.makers import bar

MATIC = "MATIC-USDT-SWAP"
HEADER = "instrument_name,trade_id,side,price,size,created_time"
DAY = 1_692_547_200_000
"""2023-08-20 16:00 UTC, where the file of 2023-08-21 begins."""
MINUTE = 60_000
NAME = f"{MATIC}-trades-2023-08-21.csv"


def row(
    number: int, at_ms: int, cost: str = "0.5747", size: str = "38.0", *, side: str = "buy", symbol: str = MATIC
) -> str:
    return f"{symbol},{number},{side},{cost},{size},{at_ms}"


ROWS = [row(7 + at, DAY + at * 20_000, side=("buy", "sell")[at % 2]) for at in range(12)]


def file_of(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("".join(f"{line}\n" for line in (header, *lines)), encoding="utf-8")
    return path


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as made:
        yield made


async def stored(store: Store, symbol: str = MATIC) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, Period.M1, 0, 2**50)]


async def taken(store: Store, path: Path, value: str | None = "10", **said: str) -> Imported:
    return await import_files(store, [path], contract_value=value, **said)  # type: ignore[arg-type]


async def test_contracts_become_coins(store: Store, tmp_path: Path) -> None:
    outcome = await taken(store, file_of(tmp_path / NAME, *ROWS))
    assert (outcome.failures, outcome.tally.bad, outcome.trades) == ([], 0, 12)
    assert await store.market() == "okx-swap"
    first = (await stored(store))[0]
    assert (first.volume, first.turnover, first.trade_count) == (quantity("1140"), turnover("655.158"), 3)
    assert first.taker_buy_volume == quantity("760")


async def test_a_whole_day_is_one_of_utc_plus_8(store: Store, tmp_path: Path) -> None:
    """Its first and last minutes lie within days of UTC, and are closed because the name says from when to when it is whole."""
    await taken(store, file_of(tmp_path / NAME, *ROWS, row(19, DAY + 86_399_000)))
    bars = await stored(store)
    assert (bars[0].open_ms, bars[-1].end_ms) == (DAY, DAY + 86_400_000)
    assert len(bars) == 1_440
    assert {bar.state for bar in bars} == {State.CLOSED}


async def test_a_trade_outside_the_named_day_leaves_the_edges_partial(store: Store, tmp_path: Path) -> None:
    outcome = await taken(store, file_of(tmp_path / NAME, row(6, DAY - 1), *ROWS))
    assert "does not show that it is whole" in outcome.notes[0]
    bars = await stored(store)
    assert (bars[0].state, bars[-1].state) == (State.PARTIAL, State.PARTIAL)


async def test_without_the_worth_of_a_contract_nothing_is_guessed(store: Store, tmp_path: Path) -> None:
    outcome = await taken(store, file_of(tmp_path / NAME, *ROWS), None)
    [sentence] = outcome.failures
    assert "does not say what one is worth; add --contract-value" in sentence
    assert await stored(store) == []


@pytest.mark.parametrize("value", ["x", "0", "-1", ""])
async def test_the_worth_of_a_contract_is_a_positive_number(store: Store, tmp_path: Path, value: str) -> None:
    with pytest.raises(BadUsage, match="--contract-value takes a positive number"):
        await taken(store, file_of(tmp_path / NAME, *ROWS), value)


async def test_spot_is_in_coins_and_has_twelve_decimals(store: Store, tmp_path: Path) -> None:
    made = [row(7 + at, DAY + at * 1_000, "0.000000002612", "1000000.5", symbol="BABYDOGE-USDT") for at in range(3)]
    outcome = await taken(store, file_of(tmp_path / "BABYDOGE-USDT-trades-2023-08-21.csv", *made), None)
    assert (outcome.failures, outcome.tally.bad) == ([], 0)
    assert await store.market() == "okx-spot"
    [first, *_] = await stored(store, "BABYDOGE-USDT")
    assert (first.open, first.volume) == (price("0.000000002612"), quantity("3000001.5"))


async def test_a_damaged_row_costs_itself_and_says_why(store: Store, tmp_path: Path) -> None:
    rows = [
        *ROWS[:4],
        ROWS[4].replace("sell", "both").replace("buy", "both"),
        row(12, DAY + 100_000, size="0.0000000001"),
        *ROWS[6:],
    ]
    outcome = await taken(store, file_of(tmp_path / NAME, *rows))
    assert (outcome.tally.bad, outcome.trades) == (2, 10)
    assert "'both' is no side" in outcome.tally.first_bad[0]
    assert "line 7" in outcome.tally.first_bad[1]


async def test_early_headers_mix_chinese(store: Store, tmp_path: Path) -> None:
    header = "instrument_name/交易对,trade_id/撮合id,side/交易方向,price/价格,size/数量,created_time/成交时间"
    outcome = await taken(store, file_of(tmp_path / NAME, *ROWS, header=header))
    assert (outcome.failures, outcome.tally.bad, outcome.trades) == ([], 0, 12)


async def test_a_zip_archive_imported_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / f"{MATIC}-trades-2023-08-21.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(NAME, "\n".join([HEADER, *ROWS]) + "\n")
    assert (await taken(store, path)).failures == []
    once = await stored(store)
    assert (await taken(store, path)).failures == []
    assert await stored(store) == once
    assert len(once) == 1_440


async def test_rows_in_disorder_are_put_in_order(store: Store, tmp_path: Path) -> None:
    assert (await taken(store, file_of(tmp_path / NAME, *reversed(ROWS)))).trades == 12
    assert (await stored(store))[0].trade_count == 3


async def test_another_market_than_is_stored_has_its_own_bars(store: Store, tmp_path: Path) -> None:
    await taken(store, file_of(tmp_path / NAME, *ROWS))
    coins = [row(7, DAY, symbol="MATIC-USDT")]
    outcome = await taken(store, file_of(tmp_path / "MATIC-USDT-trades-2023-08-21.csv", *coins))
    assert outcome.failures == []
    assert await store.markets() == ("okx-swap", "okx-spot")
    assert len(await stored(store, "okx-spot:MATIC-USDT")) == 1_440


async def test_the_flag_must_fit_the_rows(store: Store, tmp_path: Path) -> None:
    outcome = await taken(store, file_of(tmp_path / NAME, *ROWS), market="um")
    assert "is of OKX swaps (--market okx-swap)" in outcome.failures[0]
    outcome = await taken(store, file_of(tmp_path / NAME, *ROWS), market="okx-swap")
    assert outcome.failures == []


@pytest.mark.parametrize(
    ("name", "lines", "symbol", "sentence"),
    [
        (
            "ETH-USDT-SWAP-trades-2023-08-21.csv",
            ROWS,
            None,
            "is about MATIC-USDT-SWAP by its rows, not about ETH-USDT-SWAP",
        ),
        (NAME, ROWS, "btc-usdt-swap", "not about BTC-USDT-SWAP"),
        ("BTC-USD-SWAP-trades-2023-08-21.csv", [row(7, DAY, symbol="BTC-USD-SWAP")], None, "is paid in its coin"),
    ],
)
def test_what_contradicts_or_is_counted_otherwise_is_refused(
    tmp_path: Path, name: str, lines: list[str], symbol: str | None, sentence: str
) -> None:
    with pytest.raises(BadFile, match=sentence):
        detect(file_of(tmp_path / name, *lines), symbol, "10")


def test_the_rows_say_what_a_file_holds_whatever_it_is_called(tmp_path: Path) -> None:
    found = detect(file_of(tmp_path / "a.csv", *ROWS), None, "10")
    assert (found.kind, found.symbol, found.first, found.name.symbol) == (FileKind.TRADES, MATIC, 7, None)


@pytest.mark.parametrize(
    ("market", "symbol", "paid", "bought", "fault"),
    [
        ("okx-swap", "BTC-USD-SWAP", "700", "300", None),
        ("okx-swap@http://127.0.0.1:9", "okx-swap:BTC-USD-SWAP", "700", "300", None),
        ("okx-swap", "BTC-USD-SWAP", "700", "301", "taker turnover 301 is not what its contracts are worth"),
        ("okx-swap", "BTC-USD-SWAP", "0.0000000000000000001", "0", "cannot be paid for 7 at its prices"),
        ("okx-swap", "BTC-USDT-SWAP", "700", "300", "turnover 700 cannot be paid for 7 at its prices"),
        ("binance-um", "BTC-USD-SWAP", "700", "300", "turnover 700 cannot be paid for 7 at its prices"),
        (None, "BTC-USDT-SWAP", "455000", "195000", None),
    ],
)
def test_contracts_paid_in_their_coin_are_worth_the_same_at_any_price(
    market: str | None, symbol: str, paid: str, bought: str, fault: str | None
) -> None:
    stored_bar = bar(
        open="65000", volume="7", turnover_text=paid, taker_buy_volume="3", taker_buy_turnover=bought, symbol=symbol
    )
    found = fault_of_stored(stored_bar, market)
    assert (found is None) if fault is None else fault in (found or "")


@needs_data
async def test_the_recorded_minute_is_the_exchanges_own_candle(store: Store, tmp_path: Path) -> None:
    folder = DATA / "venues/okx"
    packed = (folder / "archive-MATIC-USDT-SWAP-2023-08-21-one-minute-trades.csv.gz").read_bytes()
    (tmp_path / NAME).write_bytes(gzip.decompress(packed))
    outcome = await taken(store, tmp_path / NAME)
    assert (outcome.failures, outcome.tally.bad, outcome.trades) == ([], 0, 14)
    candle = gzip.decompress((folder / "archive-MATIC-USDT-SWAP-2023-08-21-one-minute-candle.csv.gz").read_bytes())
    first, high, low, last, _, coins, paid, open_ms = candle.decode().split("\n")[1].split(",")
    [bar] = [bar for bar in await stored(store) if bar.open_ms == int(open_ms)]
    assert bar[3:7] == tuple(map(price, (first, high, low, last)))
    assert (bar.volume, bar.turnover, bar.trade_count) == (quantity(coins), turnover(paid), 14)
