"""The Python face: what its document shows, and what it does not."""

from __future__ import annotations

import asyncio
import doctest
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from klagg_tui import api
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute, rate
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.errors import BadPeriod, BadSymbol, BadTime, StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import derivatives, row
from klagg_tui.feed import Mode
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, bar, bars
from tests.patience import WAIT_S
from tests.slow_sqlite import SlowSqlite

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "api.md"


async def fill(path: Path) -> None:
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store.add_confirmed([*bars(120), *bars(30, symbol="ETHUSDT")])


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[api.Database]:
    monkeypatch.chdir(tmp_path)
    asyncio.run(fill(Path("klagg.db")))
    with api.open_database("klagg.db") as opened:
        yield opened


def test_the_document_does_what_it_shows(database: api.Database) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    outcome = doctest.testfile(str(DOCUMENT), module_relative=False)
    assert outcome.attempted > 10
    assert outcome.failed == 0


def test_a_moment_is_a_text_a_number_or_a_datetime_of_any_zone(database: api.Database) -> None:
    start = datetime(2024, 8, 8, 0, 10, tzinfo=UTC)
    moments: list[api.Moment] = [
        "2024-08-08T00:10",
        START + 10 * MINUTE,
        start,
        start.replace(tzinfo=None),
        start.astimezone(timezone(timedelta(hours=9))),
    ]
    for moment in moments:
        assert next(database.bars("BTCUSDT", "1m", moment)).open_time == start


def test_a_bar_knows_its_last_millisecond(database: api.Database) -> None:
    bar = next(database.bars("BTCUSDT", "1h"))
    assert bar.close_time == datetime(2024, 8, 8, 0, 59, 59, 999_000, tzinfo=UTC)


def test_the_newest_bars_come_oldest_first(database: api.Database) -> None:
    all_bars = list(database.bars("BTCUSDT"))
    assert list(database.bars("BTCUSDT", last=7)) == all_bars[-7:]
    assert len(all_bars) == 120


def test_it_can_be_asked_from_inside_a_running_loop(database: api.Database) -> None:
    async def in_a_notebook() -> int:
        return len(database.rows("BTCUSDT"))

    assert asyncio.run(in_a_notebook()) == 120


def test_ctrl_c_while_a_database_opens_leaves_nothing_open(
    database: api.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        slow.reached.wait(WAIT_S)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        slow.go_on_soon()

    slow = SlowSqlite(monkeypatch, "open")
    pressed = threading.Thread(target=interrupt)
    pressed.start()
    with pytest.raises(KeyboardInterrupt):
        api.open_database(database.path)
    pressed.join()
    slow.assert_is_over()


def test_rows_are_plain_values(database: api.Database) -> None:
    row = dict(zip(api.BAR_COLUMNS, database.rows("BTCUSDT", last=1)[0], strict=True))
    assert (row["symbol"], row["period"], row["state"]) == ("BTCUSDT", "1m", "confirmed")
    assert isinstance(row["volume"], Decimal)


def test_what_is_wrong_is_said(database: api.Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no database"):
        api.open_database(tmp_path / "none.db")
    with pytest.raises(BadPeriod):
        list(database.bars("BTCUSDT", "7m"))
    with pytest.raises(BadTime):
        list(database.bars("BTCUSDT", "1m", "soon"))
    with pytest.raises(BadSymbol, match=r"no bars of BTCUDST .* did you mean BTCUSDT"):
        list(database.bars("BTCUDST"))
    with pytest.raises(BadSymbol, match="NOBODY"):
        list(database.derivatives("NOBODY"))
    database.close()
    database.close()
    with pytest.raises(StorageError, match="was closed"):
        database.symbols()


def test_a_bar_and_what_is_told_beside_trades_have_the_names_of_files() -> None:
    in_files = {column.name for column in (row.VENUE, *row.SERIES, *row.BAR, row.STATE, row.WITNESS)}
    assert set(api.BAR_COLUMNS) == in_files - {"close_time"}
    told = [column.name for column in derivatives.COLUMNS]
    assert list(api.Derivative._fields) == ["symbol", *told, "venue"]


def test_old_names_stay_and_say_what_they_are_called_now(database: api.Database) -> None:
    bar = next(database.bars("BTCUSDT"))
    for old, new in (
        ("turnover", "quote_volume"),
        ("trade_count", "count"),
        ("taker_buy_turnover", "taker_buy_quote_volume"),
    ):
        with pytest.warns(DeprecationWarning, match=f"^{old} is called {new} now") as told:
            assert getattr(bar, old) == getattr(bar, new)
        assert told[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="BAR_COLUMNS"):
        old_names = api.COLUMNS  # type: ignore[attr-defined]
    assert old_names[8:12] == ("turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover")
    with pytest.raises(AttributeError):
        api.COLUMN  # type: ignore[attr-defined]  # noqa: B018
    pytest.importorskip("pyarrow")
    with pytest.warns(DeprecationWarning, match="arrow"):
        table = database.table("btcusdt", "1h")
    assert table.equals(database.arrow("BTCUSDT", "1h", numbers="exact", closed=False))


def test_old_names_of_what_is_told_beside_trades_stay_too() -> None:
    values = [Decimal(number) for number in range(13)]
    told = api.Derivative("BTCUSDT", *values)._replace(funding_interval_ms=60_000)  # type: ignore[arg-type]
    renamed = {"next_funding": "next_funding_time"}
    for side in ("long", "short"):
        renamed |= {f"{side}_volume": f"{side}_liquidated_volume", f"{side}_count": f"{side}_liquidations"}
        renamed |= {f"{side}_turnover": f"{side}_liquidated_quote_volume"}
    for old, new in renamed.items():
        with pytest.warns(DeprecationWarning, match=f"^{old} is called {new} now"):
            assert getattr(told, old) is getattr(told, new)
    with pytest.warns(DeprecationWarning, match="funding_interval_ms"):
        assert told.funding_interval == timedelta(minutes=1)
    with pytest.warns(DeprecationWarning, match="funding_interval_ms"):
        assert told._replace(funding_interval_ms=None).funding_interval is None


def test_several_venues_are_told_apart_and_what_is_unknown_is_none(tmp_path: Path) -> None:
    path = tmp_path / "venues.db"
    lacks = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER

    async def fill() -> None:
        async with await Store.open(path, markets=("binance-um", "okx-swap")) as store:
            await store.add_confirmed([bar(symbol="binance-um:BTCUSDT"), bar(symbol="okx-swap:BTC-USDT-SWAP")])
            candle = bar(symbol="okx-swap:BTCUSDT", turnover_text="0", trade_count=0)
            await store.add_confirmed([candle._replace(evidence=lacks)])

    asyncio.run(fill())
    with api.open_database(path) as database:
        assert set(database.symbols()) == {"binance-um:BTCUSDT", "okx-swap:BTC-USDT-SWAP", "okx-swap:BTCUSDT"}
        (known,) = database.bars("binance-um:BTCUSDT")
        assert (known.venue, known.symbol, known.witness, known.count) == ("binance-um", "BTCUSDT", "ids", 1)
        (unknown,) = database.bars("okx-swap:BTCUSDT")
        assert unknown[8:12] == (None,) * 4
        assert (unknown.venue, unknown.witness) == ("okx-swap", "candle")
        assert database.rows("okx-swap:BTCUSDT")[0][12:] == ("confirmed", "okx-swap", "candle")
        assert [one.venue for one in database.bars("BTC-USDT-SWAP")] == ["okx-swap"]
        with pytest.raises(StorageError, match="Several exchanges have BTCUSDT: name one of them"):
            list(database.bars("BTCUSDT"))
        assert [one.venue for one in database.bars("okx:BTC-USDT-SWAP")] == ["okx-swap"]
        for name in ("kraken:BTC/USD", "okx-swap:NONE"):
            with pytest.raises(BadSymbol, match=name):
                list(database.bars(name))


def test_a_name_may_say_the_exchange_where_there_is_only_one(tmp_path: Path) -> None:
    path = tmp_path / "one.db"

    async def fill() -> None:
        async with await Store.open(path, markets=("okx-swap",)) as store:
            await store.add_confirmed([bar(symbol="BTC-USDT-SWAP")])

    asyncio.run(fill())
    with api.open_database(path) as database:
        for name in ("BTC-USDT-SWAP", "okx:BTC-USDT-SWAP", "okx-swap:BTC-USDT-SWAP"):
            assert [one.symbol for one in database.bars(name)] == ["BTC-USDT-SWAP"]
        with pytest.raises(BadSymbol, match="did you mean"):
            list(database.bars("kraken:BTC-USDT-SWAP"))


def test_what_was_told_beside_trades_is_read_with_exact_values(tmp_path: Path) -> None:
    told = [
        DerivativeMinute("BTCUSDT", START, price("5"), None, rate("-0.0001"), START + MINUTE, 28_800_000, long_count=2),
        DerivativeMinute("BTCUSDT", START + MINUTE, open_interest=quantity("7.5"), short_turnover=turnover("0.25")),
    ]

    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", market="binance-um") as store:
            await store.write(Changes(), told)

    asyncio.run(fill())
    with api.open_database(tmp_path / "a.db") as database:
        first, second = database.derivatives("BTCUSDT")
        assert (first.mark_price, first.index_price, first.funding_rate) == (Decimal(5), None, Decimal("-0.0001"))
        assert (first.open_time, first.next_funding_time) == (
            datetime(2024, 8, 8, tzinfo=UTC),
            datetime(2024, 8, 8, 0, 1, tzinfo=UTC),
        )
        assert (first.funding_interval_ms, first.long_liquidations, first.venue) == (28_800_000, 2, "binance-um")
        assert (second.open_interest, second.short_liquidated_quote_volume, second.next_funding_time) == (
            Decimal("7.5"),
            Decimal("0.25"),
            None,
        )
        assert list(database.derivatives("BTCUSDT", last=1)) == [second]
        assert list(database.derivatives("BTCUSDT", last=2)) == [first, second]
        assert list(database.derivatives("BTCUSDT", "2024-08-08T00:01")) == [second]


def test_what_was_told_names_the_exchange_where_there_are_several(tmp_path: Path) -> None:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", markets=("binance-um", "okx-swap")) as store:
            await store.write(Changes(), [DerivativeMinute("binance-um:BTCUSDT", START, price("5"))])

    asyncio.run(fill())
    with api.open_database(tmp_path / "a.db") as database:
        (told,) = database.derivatives("BTCUSDT")
        assert (told.symbol, told.venue, told.mark_price) == ("BTCUSDT", "binance-um", Decimal(5))


def test_every_mode_is_documented_and_none_that_there_is_not() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("| mode | |\n|---|---|\n")[2].partition("\n\n")[0]
    assert [line.split("`")[1] for line in table.split("\n")] == [mode.value for mode in Mode]
