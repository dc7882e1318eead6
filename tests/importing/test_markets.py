"""Two markets never meet: whose files are, by the flag, by what they show, by what is stored."""

import gzip
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson
import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.auditing.findings import Finding
from klagg_tui.auditing.reference import ArchiveBars
from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadFile, BadUsage, OtherMarket
from klagg_tui.exchange import registry
from klagg_tui.exchange.binance.archive import MARKETS
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.inheritance import import_predecessor
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.importing.outcome import Imported
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.importing.test_importer import event, file_of, row
from tests.importing.test_predecessor import minutes, predecessor
from tests.makers import START, bar, trades

MADE = trades(range(START, START + 10 * MINUTE_MS, 10_000), first_id=5_000_000)
FUTURES = [row(trade) for trade in MADE]
COIN = "BTCUSD_PERP"


def spot_rows(made: Sequence[AggTrade] = MADE, *, first_id: int = 9_000_000) -> list[str]:
    """The columns of spot archives; ids and prices of its own."""
    others = (one._replace(aggregate_id=first_id + at, price="99.5") for at, one in enumerate(made))
    return [f"{row(one)},true" for one in others]


def klines(count: int = 10, price: str = "100.5", *, unit: int = 1, first_ms: int = START) -> list[str]:
    opens = range(first_ms, first_ms + count * MINUTE_MS, MINUTE_MS)
    return [
        f"{open_ms * unit},{price},{price},{price},{price},2.000,{(open_ms + MINUTE_MS) * unit - 1},201.0,3,1.000,100.5,0"
        for open_ms in opens
    ]


def contracts(count: int = 5, coins: str = "0.02000000") -> list[str]:
    """Bars of contracts on bitcoin: 10 contracts of 100 dollars at 50,000 are 0.02 coins."""
    opens = range(START, START + count * MINUTE_MS, MINUTE_MS)
    return [
        f"{open_ms},50000.0,50000.0,50000.0,50000.0,10,{open_ms + MINUTE_MS - 1},{coins},4,5,0.01000000,0"
        for open_ms in opens
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


def at(folder: Path, name: str, lines: Sequence[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return file_of(folder / name, lines)


async def stored(store: Store, symbol: str = "BTCUSDT", period: Period = Period.M1) -> list[Bar]:
    return [one async for one in store.bars(symbol, period)]


async def taken(store: Store, path: Path, market: str | None = None, symbol: str = "BTCUSDT") -> Imported:
    return await import_files(store, [path], symbol=symbol, market=market)


def test_the_first_market_is_the_one_that_is_watched() -> None:
    assert MARKETS[0].key == registry.DEFAULT
    assert [market.flag for market in MARKETS] == ["um", "cm", "spot", "us"]


@pytest.mark.parametrize(
    ("rows", "market"),
    [
        (FUTURES, "binance-um"),
        (spot_rows(), "binance-spot"),
        ([event(one) for one in MADE], "binance-um"),
        ([event(one).replace("{", '{"M": true, ', 1) for one in MADE], "binance-spot"),
        (klines(unit=1_000), "binance-spot"),
        (klines(), "binance-um"),
    ],
    ids=["seven columns", "eight columns", "events", "events with M", "microseconds", "nothing"],
)
async def test_a_file_says_by_its_rows_of_which_market_it_is(
    store: Store, tmp_path: Path, rows: list[str], market: str
) -> None:
    assert await store.market() is None
    await taken(store, file_of(tmp_path / "some", rows))
    assert await store.market() == market


@pytest.mark.parametrize(
    ("folder", "market"),
    [
        ("data/futures/um/daily", "binance-um"),
        ("data/futures/cm/daily", "binance-coinm"),
        ("data/spot/daily", "binance-spot"),
    ],
)
@pytest.mark.parametrize("is_zip", [False, True])
async def test_a_file_says_by_its_folder_of_which_market_it_is(
    store: Store, tmp_path: Path, folder: str, market: str, *, is_zip: bool
) -> None:
    symbol = COIN if "cm" in folder else "BTCUSDT"
    name = f"{symbol}-1m-2024-08-08.csv"
    lines = contracts() if "cm" in folder else klines()
    if is_zip:
        path = tmp_path / "some.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(f"{folder}/{name}", "\n".join(lines))
    else:
        path = at(tmp_path / folder, name, lines)
    outcome = await import_files(store, [path])
    assert (outcome.failures, outcome.notes, await store.market()) == ([], [], market)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_spot_and_a_futures_archive_of_the_same_minutes_do_not_meet(
    store: Store, tmp_path: Path, order: tuple[int, int]
) -> None:
    files = [file_of(tmp_path / "futures.csv", FUTURES), file_of(tmp_path / "spot.csv", spot_rows())]
    venues = ["binance-um", "binance-spot"]
    first, second = venues[order[0]], venues[order[1]]
    await taken(store, files[order[0]])
    before = await stored(store)
    outcome = await taken(store, files[order[1]])
    assert (outcome.failures, outcome.trades) == ([], len(MADE))
    assert await store.markets() == (first, second)
    assert [one.symbol for one in await store.symbols()] == sorted(f"{one}:BTCUSDT" for one in venues)
    assert [one._replace(symbol="BTCUSDT") for one in await stored(store, f"{first}:BTCUSDT")] == before
    others = await stored(store, f"{second}:BTCUSDT")
    assert [one.open_ms for one in others] == [one.open_ms for one in before]
    assert others[0].open != before[0].open
    assert set(await store.precisions()) == {f"{one}:BTCUSDT" for one in venues}
    again = await taken(store, files[order[0]])
    assert (again.failures, again.new) == ([], 0)


async def test_together_they_do_not_meet_either(store: Store, tmp_path: Path) -> None:
    files = [file_of(tmp_path / "a.csv", FUTURES), file_of(tmp_path / "b.csv", spot_rows())]
    outcome = await import_files(store, files, symbol="BTCUSDT")
    assert (outcome.failures, outcome.trades) == ([], 2 * len(MADE))
    assert set(await store.markets()) == {"binance-um", "binance-spot"}
    assert outcome.notes == [
        "A file does not say of which market: taken for Binance spot (--market spot); --market says otherwise."
    ]


async def test_the_names_of_a_database_of_one_venue_change_with_the_second_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market="binance-um") as store:
        await taken(store, file_of(tmp_path / "a.csv", FUTURES))
        before = await stored(store)
    async with await Store.open(path) as store:
        await taken(store, file_of(tmp_path / "b.csv", spot_rows()))
    async with await Store.open(path, market="binance-um") as store:
        assert [one._replace(symbol="BTCUSDT") for one in await stored(store, "binance-um:BTCUSDT")] == before
        assert [known.symbol for known in await store.symbols("binance-spot")] == ["binance-spot:BTCUSDT"]


async def test_of_a_file_that_could_be_of_several_stored_markets_it_is_asked_whose_it_is(
    store: Store, tmp_path: Path
) -> None:
    files = [file_of(tmp_path / "a.csv", FUTURES), file_of(tmp_path / "b.csv", spot_rows())]
    await import_files(store, files, symbol="BTCUSDT")
    either = file_of(tmp_path / "c.csv", klines(first_ms=START + 3_600_000))
    (failure,) = (await taken(store, either)).failures
    assert failure == (
        f"{either} could be of USDⓈ-M futures (--market um) or Binance spot (--market spot): nothing of it was taken; "
        "--market says whose it is."
    )
    assert (await taken(store, either, "binance-spot")).failures == []


async def test_a_file_that_is_of_none_of_the_stored_markets_for_sure_adds_none(store: Store, tmp_path: Path) -> None:
    await store.claim("coinbase")
    await store.add_confirmed([bar(START, symbol="BTC-USD")])
    either = file_of(tmp_path / "a.csv", klines())
    (failure,) = (await taken(store, either)).failures
    assert "could be of USDⓈ-M futures (--market um) or Binance spot (--market spot) or Binance.US" in failure
    assert (await taken(store, file_of(tmp_path / "b.csv", FUTURES))).failures == []
    assert await store.markets() == ("coinbase", "binance-um")
    assert [known.symbol for known in await store.symbols()] == ["binance-um:BTCUSDT", "coinbase:BTC-USD"]


@pytest.mark.parametrize(
    ("rows", "flag", "shown"),
    [
        (spot_rows(), "um", "its 8 columns"),
        (FUTURES, "spot", "its 7 columns"),
        (FUTURES, "cm", "its symbol BTCUSDT"),
        (klines(unit=1_000), "um", "its times in microseconds"),
        ([event(one).replace("{", '{"st": 2, ', 1).replace("BTCUSDT", COIN) for one in MADE], "um", "st is 2"),
    ],
)
async def test_a_flag_that_the_file_contradicts_is_named_and_nothing_is_taken(
    store: Store, tmp_path: Path, rows: list[str], flag: str, shown: str
) -> None:
    outcome = await taken(store, file_of(tmp_path / "some.csv", rows), flag)
    (failure,) = outcome.failures
    assert f"--market {flag} says" in failure
    assert shown in failure
    assert not await store.has_bars()


async def test_a_folder_contradicts_too(store: Store, tmp_path: Path) -> None:
    path = at(tmp_path / "data" / "spot" / "daily", "BTCUSDT-1m-2024-08-08.csv", klines())
    (failure,) = (await taken(store, path, "um")).failures
    assert "Binance spot (--market spot) by its folder data/spot" in failure
    (failure,) = (await taken(store, at(path.parent, "some.csv", FUTURES))).failures
    assert "--market" in failure


async def test_a_flag_that_names_another_market_than_is_stored_adds_it(store: Store, tmp_path: Path) -> None:
    await taken(store, file_of(tmp_path / "a.csv", FUTURES))
    assert (await taken(store, file_of(tmp_path / "b.csv", klines()), "spot")).failures == []
    assert await store.markets() == ("binance-um", "binance-spot")
    with pytest.raises(BadUsage, match="There is no market mars; --market takes um, cm, spot, us"):
        await taken(store, file_of(tmp_path / "b.csv", klines()), "mars")
    with pytest.raises(BadUsage, match=r"^There is no market krakn; did you mean kraken\?$"):
        await taken(store, file_of(tmp_path / "b.csv", klines()), "krakn")


async def test_where_nothing_decides_it_is_said_what_was_assumed(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.csv", klines())
    outcome = await taken(store, path)
    assert outcome.notes == [
        "A file does not say of which market: taken for USDⓈ-M futures (--market um); --market says otherwise."
    ]
    assert (await taken(store, path)).notes == []
    async with await Store.open(tmp_path / "spot.db") as other:
        assert (await taken(other, path, "spot")).notes == []
        assert await other.market() == "binance-spot"
        assert (await taken(other, path, "SPOT")).failures == []


@pytest.mark.parametrize("rows", [klines(), FUTURES, spot_rows()], ids=["bars", "trades", "spot"])
async def test_nothing_is_assumed_of_a_file_of_which_nothing_was_taken(
    store: Store, tmp_path: Path, rows: list[str]
) -> None:
    bad = file_of(tmp_path / "bad.csv", [row.replace(".", ".x") for row in rows])
    outcome = await taken(store, bad)
    assert (outcome.is_usable, outcome.notes, outcome.tally.bad > 0) == (False, [], True)
    good = file_of(tmp_path / "good.csv", klines())
    (note,) = (await import_files(store, [bad, good], symbol="BTCUSDT")).notes
    assert note.startswith("A file does not say of which market: ")


async def test_other_ids_for_the_same_time_are_of_another_market(store: Store, tmp_path: Path) -> None:
    """Spot and the US exchange have the same columns, as a simulated and the real market have."""
    await taken(store, file_of(tmp_path / "a.csv", spot_rows()))
    before = await stored(store)
    (failure,) = (await taken(store, file_of(tmp_path / "b.csv", spot_rows(first_id=700)))).failures
    assert "other aggregate trades of BTCUSDT than are stored for the same time" in failure
    assert "--market" in failure
    assert await stored(store) == before
    assert (await taken(store, file_of(tmp_path / "c.csv", spot_rows()[20:]))).failures == []


async def test_other_bars_for_the_same_minutes_are_of_another_market_unless_the_flag_says_whose(
    store: Store, tmp_path: Path
) -> None:
    await taken(store, file_of(tmp_path / "a.csv", klines()))
    before = await stored(store)
    other = file_of(tmp_path / "b.csv", klines(price="101.5"))
    (failure,) = (await taken(store, other)).failures
    assert "other bars of BTCUSDT than are stored for the same time" in failure
    assert await stored(store) == before
    assert (await taken(store, other, "um")).failures == []
    assert (await stored(store))[0].open == parsing.price("101.5")


async def test_one_bar_that_differs_is_put_right_and_no_market(store: Store, tmp_path: Path) -> None:
    await taken(store, file_of(tmp_path / "a.csv", klines()))
    right = [*klines(1, "101.5"), *klines()[1:]]
    assert (await taken(store, file_of(tmp_path / "b.csv", right))).failures == []
    assert (await stored(store))[0].open == parsing.price("101.5")


async def test_a_database_without_any_bar_takes_any_market(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await (await Store.open(path, market="http://127.0.0.1:9")).close()
    async with await Store.open(path) as store:
        assert (await taken(store, file_of(tmp_path / "a.csv", spot_rows()))).failures == []
        assert await store.market() == "binance-spot"
    with pytest.raises(OtherMarket):
        await Store.open(path, market="binance-spot@http://127.0.0.1:9")


async def test_a_simulated_market_takes_files_like_its_own_and_stays_what_it_is(tmp_path: Path) -> None:
    mark = "binance-um@simulated"
    async with await Store.open(tmp_path / "klagg.db", market=mark) as store:
        await store.add_confirmed([bar(START - MINUTE_MS)])
        assert (await taken(store, file_of(tmp_path / "a.csv", FUTURES))).failures == []
        assert await store.markets() == (mark,)
        assert (await taken(store, file_of(tmp_path / "b.csv", spot_rows()))).failures == []
        assert await store.markets() == (mark, "binance-spot")
        with pytest.raises(BadUsage, match="--market um"):
            await taken(store, file_of(tmp_path / "a.csv", FUTURES), "um")


async def test_the_predecessors_bars_are_of_one_market_too(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", market="binance-spot") as store:
        await store.add_confirmed([bar(START)])
        old = predecessor(tmp_path / "old.db", {"k_btc_1m": minutes(3)})
        assert (await import_predecessor(store, old, market="um")).bars == 3
        assert await store.markets() == ("binance-spot", "binance-um")
        assert len(await stored(store, "binance-um:BTCUSDT")) == 3
        with pytest.raises(BadUsage, match="bars of Binance spot and of USDⓈ-M futures; --market says whose these are"):
            await import_predecessor(store, old)


async def found(path: Path) -> list[Finding]:
    return [finding async for finding in audit(path)]


async def test_contracts_on_a_coin_keep_their_own_units_and_are_sound(tmp_path: Path) -> None:
    """Ten contracts of 100 dollars are 1,000 dollars, whatever coins they are worth."""
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        assert (await taken(store, file_of(tmp_path / "a.csv", contracts()), symbol=COIN)).failures == []
        assert await store.market() == "binance-coinm"
        first = (await stored(store, COIN))[0]
        assert (first.volume, first.turnover) == (parsing.quantity("10"), parsing.turnover("1000"))
        assert (first.taker_buy_volume, first.taker_buy_turnover) == (parsing.quantity("5"), parsing.turnover("500"))
        (large,) = await stored(store, COIN, Period.M5)
        assert (large.volume, large.turnover, large.state) == (
            parsing.quantity("50"),
            parsing.turnover("5000"),
            State.CONFIRMED,
        )
    assert await found(path) == []


async def test_a_bar_whose_coins_are_not_what_its_contracts_are_worth_is_bad(store: Store, tmp_path: Path) -> None:
    lines = [*contracts(2), *contracts(3, coins="0.20000000")[2:]]
    outcome = await taken(store, file_of(tmp_path / "a.csv", lines), symbol=COIN)
    assert (outcome.bars, outcome.tally.bad) == (2, 1)
    assert "0.2 coins are not what its contracts are worth" in outcome.tally.first_bad[0]


async def test_trades_of_contracts_sum_to_dollars_and_a_wrong_turnover_is_found(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    made = [one._replace(symbol="ETHUSD_PERP", quantity="7") for one in MADE]
    async with await Store.open(path) as store:
        outcome = await import_files(store, [file_of(tmp_path / "a.csv", map(row, made))], symbol="ETHUSD_PERP")
        assert (outcome.trades, await store.market()) == (len(made), "binance-coinm")
        bars = await stored(store, "ETHUSD_PERP")
        assert {(one.volume, one.turnover) for one in bars} == {(parsing.quantity("42"), parsing.turnover("420"))}
        assert all(one.taker_buy_turnover == one.taker_buy_volume * parsing.price("10") for one in bars)
    assert await found(path) == []
    async with await Store.open(path, periods=()) as store:
        await store.add_confirmed([bars[1]._replace(turnover=parsing.turnover("4200"), state=State.CONFIRMED)])
    assert "turnover 4200 is not what its contracts are worth" in {one.text for one in await found(path)}


async def test_in_a_recording_of_both_the_flag_says_which_half(tmp_path: Path) -> None:
    both = [event(one).replace("{", '{"st": 1, ', 1) for one in MADE]
    both += [event(one._replace(symbol=COIN)).replace("{", '{"st": 2, ', 1) for one in MADE[:7]]
    path = file_of(tmp_path / "a.jsonl", both)
    for flag, count, symbol in ((None, len(MADE), "BTCUSDT"), ("um", len(MADE), "BTCUSDT"), ("cm", 7, COIN)):
        async with await Store.open(tmp_path / f"{flag}.db") as store:
            outcome = await import_files(store, [path], market=flag)
            assert (outcome.trades, outcome.tally.other_market) == (count, len(both) - count)
            assert [known.symbol for known in await store.symbols()] == [symbol]


async def test_an_audit_holds_nothing_against_files_of_another_market(tmp_path: Path) -> None:
    path = at(tmp_path / "data" / "spot" / "daily", "BTCUSDT-1m-2024-08-08.csv", klines())
    with pytest.raises(BadFile, match="Binance spot"):
        ArchiveBars([path], None, ["binance-um"])
    assert ArchiveBars([path], None, ["binance-spot"]).symbols == {"BTCUSDT"}
    assert ArchiveBars([path], None, ["binance-um", "binance-spot"]).symbols == {"binance-spot:BTCUSDT"}


@needs_data
async def test_recorded_trades_of_spot_and_futures_do_not_meet(tmp_path: Path) -> None:
    """The same symbol and the same six minutes, as the exchange's two archives have them."""
    futures = file_of(tmp_path / "futures.csv", _futures())
    spot = file_of(tmp_path / "spot.csv", _spot())
    async with await Store.open(tmp_path / "klagg.db") as store:
        assert (await taken(store, futures)).trades > 1_000
        before = await stored(store)
        assert (await taken(store, spot)).failures == []
        assert [one._replace(symbol="BTCUSDT") for one in await stored(store, "binance-um:BTCUSDT")] == before
        beside = await stored(store, "binance-spot:BTCUSDT")
    async with await Store.open(tmp_path / "spot.db") as store:
        assert (await taken(store, spot, "spot")).trades > 1_000
        assert await store.market() == "binance-spot"
        assert await stored(store) == [one._replace(symbol="BTCUSDT") for one in beside]


def _futures() -> list[str]:
    with gzip.open(DATA / "um-BTCUSDT-2024-08-08" / "aggTrade-derived.jsonl.gz", "rt") as lines:
        events = [json.loads(line) for line in lines]
    return [
        f"{one['a']},{one['p']},{one['q']},{one['f']},{one['l']},{one['T']},{str(one['m']).lower()}" for one in events
    ]


def _spot() -> list[str]:
    with gzip.open(DATA / "venues" / "binance-spot" / "trades-BTCUSDT-2024-08-08.txt.gz", "rb") as lines:
        events = [orjson.loads(line[line.index(b"{") :])["data"] for line in lines]
    return [f"{one['t']},{one['p']},{one['q']},{one['t']},{one['t']},{one['T']}000,{one['m']},True" for one in events]


@needs_data
async def test_recorded_contracts_on_coins_are_counted_in_dollars(tmp_path: Path) -> None:
    path = tmp_path / "coins.jsonl"
    with gzip.open(DATA / "venues" / "binance-coinm" / "ws-aggTrade-kline.txt.gz", "rt") as lines:
        path.write_text("".join(line for line in lines if "@aggTrade" in line))
    async with await Store.open(tmp_path / "klagg.db") as store:
        outcome = await import_files(store, [path])
        assert (outcome.failures, outcome.tally.bad, await store.market()) == ([], 0, "binance-coinm")
        for known in await store.symbols():
            value = parsing.price("100" if known.symbol.startswith("BTC") else "10")
            assert all(one.turnover == one.volume * value for one in await stored(store, known.symbol))
    assert await found(tmp_path / "klagg.db") == []


async def test_a_stranger_is_known_wherever_in_the_file_it_meets_what_is_stored(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day's archive of another market, of which only the last minutes were recorded."""
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 8_000))
    made = trades(range(START, START + 600 * MINUTE_MS, 20_000), first_id=5_000_000)
    await taken(store, file_of(tmp_path / "a.csv", spot_rows(made[-90:])))
    before = await stored(store)
    (failure,) = (await taken(store, file_of(tmp_path / "b.csv", spot_rows(made, first_id=700)))).failures
    assert "other aggregate trades of BTCUSDT" in failure
    assert await stored(store) == before
    await taken(store, file_of(tmp_path / "c.csv", klines(3, first_ms=before[0].open_ms + 10 * MINUTE_MS)))
    before = await stored(store)
    later = klines(600, "200.5")
    (failure,) = (await taken(store, file_of(tmp_path / "d.csv", later))).failures
    assert "other bars of BTCUSDT" in failure
    assert await stored(store) == before


async def test_what_klagg_exported_of_another_exchange_is_its_own_again_where_it_is_said(
    store: Store, tmp_path: Path
) -> None:
    path = file_of(tmp_path / "BTC%2FUSD-1m-2024-08-08.csv", klines())
    (failure,) = (await import_files(store, [path])).failures
    assert (
        "has no symbol like BTC/USD; where klagg exported it from bars of another one, --venue says of which" in failure
    )
    assert not await store.has_bars()
    assert (await import_files(store, [path], market="kraken")).failures == []
    assert (await import_files(store, [path], symbol="btc/usd", market="coinbase")).failures == []
    assert await store.markets() == ("kraken", "coinbase")
    assert len(await stored(store, "kraken:BTC/USD")) == 10
    (failure,) = (await import_files(store, [path], market="um")).failures
    assert "BTC/USD" in failure


async def test_trades_of_one_exchange_are_never_said_to_be_anothers(store: Store, tmp_path: Path) -> None:
    (failure,) = (await taken(store, file_of(tmp_path / "a.csv", FUTURES), "coinbase")).failures
    assert "by its 7 columns, not of coinbase" in failure


async def test_an_export_of_an_exchange_with_finer_prices_comes_back_to_the_last_digit(
    store: Store, tmp_path: Path
) -> None:
    tiny = "0.000000002612"
    path = file_of(tmp_path / "BABYDOGE-USDT-1m-2024-08-08.csv", klines(2, tiny))
    lacking = file_of(
        path, [line.replace(",201.0,3,1.000,100.5,0", ",,,,,0") for line in path.read_text().splitlines()]
    )
    outcome = await import_files(store, [lacking], market="okx-spot")
    assert (outcome.failures, outcome.tally.bad, outcome.bars) == ([], 0, 2)
    assert (await stored(store, "BABYDOGE-USDT"))[0].open == parsing.price(tiny)
    assert {one.evidence for one in await stored(store, "BABYDOGE-USDT")} == {31}
    outcome = await import_files(
        store, [file_of(tmp_path / "BABYDOGEUSDT-1m-2024-08-08.csv", klines(2, tiny))], market="um"
    )
    assert outcome.tally.bad == 2
