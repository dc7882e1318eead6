"""Every face as its venue's own client sees it: what is listed, told and sent is what the market did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest
from websockets.asyncio.client import connect

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, TradeFields
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import Period
from klagg_tui.errors import ExchangeError, GeoBlocked, RateLimited
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.listing import Instrument
from klagg_tui.exchange.registry import _PACKAGES, venue
from klagg_tui.exchange.venue import Ids, MarketData, Priority, Venue
from klagg_tui.simulator import FACES, MarketSpec, SimulatedExchange
from klagg_tui.simulator.market.market import Trade
from tests.patience import WAIT_S

SPEC = MarketSpec(symbols=12, seed=5, activity=6, history_days=40, straddle_every=0)
"""No trade straddles a minute, so that bars made of trades are those of the exchange."""
KEYS = [key for key in FACES if key in _PACKAGES]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
GAP = Priority.GAP


@asynccontextmanager
async def served(key: str, faults: str = "none") -> AsyncIterator[tuple[SimulatedExchange, MarketData, Venue]]:
    """The exchange a while after its start, standing still, and the venue's client."""
    one = venue(key)
    async with SimulatedExchange(SPEC, venue=key, speed=0, faults=faults) as exchange:
        exchange.jump(30 * MINUTE_MS + 20_500)
        async with one.market_data(exchange.rest_url, exchange.now_ms()) as data:
            yield exchange, data, one


async def followed(data: MarketData) -> list[Instrument]:
    return [listed for listed in (await data.instruments()).instruments if listed.is_trading]


def known(bar: Bar, lacks: Evidence) -> tuple[object, ...]:
    """The fields of a bar that the venue's candle has."""
    sums = (
        (bar.turnover, Evidence.NO_TURNOVER),
        (bar.trade_count, Evidence.NO_COUNT),
        (bar.taker_buy_volume, Evidence.NO_TAKER_VOLUME),
        (bar.taker_buy_turnover, Evidence.NO_TAKER_TURNOVER),
    )
    return (bar.open_ms, *bar[3:8], *(value for value, bit in sums if not lacks & bit))


@pytest.mark.parametrize("key", KEYS)
async def test_what_is_listed_can_be_read_and_found(key: str) -> None:
    async with served(key) as (exchange, data, one):
        found = await data.instruments()
        assert not found.unread.entries
        assert len([listed for listed in found.instruments if listed.is_trading]) > 3
        for listed in found.instruments:
            assert exchange.face.symbol_of(listed.symbol) is not None
            assert listed.base
            assert listed.contract_type in one.contract_types
        assert len({listed.symbol for listed in found.instruments}) == len(found.instruments)


@pytest.mark.parametrize("period", [Period.M1, Period.H1, Period.D1])
@pytest.mark.parametrize("key", KEYS)
async def test_its_bars_are_the_truth_in_every_field_that_it_has(key: str, period: Period) -> None:
    async with served(key) as (exchange, data, one):
        if period not in one.candle.periods:
            pytest.skip("the venue has no such bars")
        end_ms = exchange.now_ms() - one.settle_ms
        start_ms = period.open_ms(end_ms) - 8 * period.nominal_ms
        for listed in (await followed(data))[:4]:
            bars = await data.bars(listed.symbol, period, start_ms, end_ms, limit=10, priority=GAP)
            ended = [known(bar, one.candle.lacks) for bar in bars if bar.end_ms <= end_ms]
            true = exchange.bars(listed.symbol, period, start_ms, end_ms)
            assert ended == [known(bar, one.candle.lacks) for bar in true if bar.end_ms <= end_ms]
            assert ended


@pytest.mark.parametrize("key", KEYS)
async def test_its_last_24_hours_are_about_what_its_bars_come_to(key: str) -> None:
    """About: the exchange adds up what trades come to on the average, see `market.day`; the last price is exact."""
    async with served(key) as (exchange, data, _):
        symbols = [listed.symbol for listed in await followed(data)]
        told = await data.tickers(GAP)
        answered_ms = data.now_ms()
        assert set(told) == set(symbols)
        now_ms = exchange.now_ms()
        for symbol in symbols[:4]:
            hours = exchange.bars(symbol, Period.H1, now_ms - 24 * HOUR_MS, now_ms)
            day = told[symbol]
            # Whoever says no time is taken to mean that of the answer, by a clock that runs; the exchange's stands.
            assert now_ms - 2_000 < day.at_ms < answered_ms + 2_000
            (newest,) = await data.bars(symbol, Period.M1, limit=1, priority=GAP)
            assert day.last == float(price_as_decimal(newest.close))
            around = exchange.bars(symbol, Period.H1, now_ms - 25 * HOUR_MS, now_ms - 23 * HOUR_MS)
            low, high = (
                float(price_as_decimal(edge)) for edge in (min(b.low for b in around), max(b.high for b in around))
            )
            assert day.open is None or low * 0.99 < day.open < high * 1.01
            assert day.high is None or day.low is None or day.low <= day.last <= day.high
            volume = float(quantity_as_decimal(sum(bar.volume for bar in hours)))
            assert day.volume == pytest.approx(volume, rel=0.6)
            turnover = float(turnover_as_decimal(sum(bar.turnover for bar in hours)))
            assert day.turnover is None or day.turnover == pytest.approx(turnover, rel=0.6)


@pytest.mark.parametrize("key", [key for key in KEYS if venue(key).ids is not Ids.NONE])
async def test_trades_from_an_id_on_follow_each_other(key: str) -> None:
    async with served(key) as (exchange, data, one):
        listed = (await followed(data))[0]
        symbol = exchange.face.symbol_of(listed.symbol)
        assert symbol is not None
        first = exchange.market.first_id(symbol, exchange.now_ms() // MINUTE_MS - 10)
        trades = await data.trades(
            listed.symbol,
            first,
            since_ms=exchange.now_ms() - 11 * MINUTE_MS,
            limit=one.requests.trade_page.rows,
            priority=GAP,
        )
        assert len(trades) > 20
        assert [trade.aggregate_id for trade in trades] == list(range(first, first + len(trades)))


def true_trades(exchange: SimulatedExchange, names: Sequence[str], minute: int, minutes: int) -> list[Trade]:
    """What the market did in the minutes from that one on."""
    symbols = [exchange.face.symbol_of(name) for name in names]
    assert None not in symbols
    return [
        trade
        for symbol in symbols
        if symbol is not None
        for at in range(minute, minute + minutes)
        for trade in exchange.market.trades(symbol, at)
    ]


async def streamed(
    exchange: SimulatedExchange, data: MarketData, one: Venue, symbols: Sequence[str], minutes: int
) -> list[TradeFields]:
    """The trades of the minutes after the next edge, out of the venue's stream."""
    codec = data.codec
    exchange.jump(MINUTE_MS - exchange.now_ms() % MINUTE_MS - 500)
    async with connect(exchange.ws_url + codec.path, compression=None, max_size=None) as socket:
        streams, most = [codec.trade_stream(symbol) for symbol in symbols], one.streams.streams_per_message
        commands = [codec.subscribe(streams[at : at + most], at + 1) for at in range(0, len(streams), most)]
        for command in commands:
            await socket.send(command.decode())
        trades: list[TradeFields] = []

        async def take() -> int:
            batch = codec.decode_batch([await socket.recv(decode=False)])
            assert not batch.damaged
            trades.extend(batch.trades)
            return len(batch.others)

        def within() -> list[TradeFields]:
            return [trade for trade in trades if start_ms <= trade[3] < start_ms + minutes * MINUTE_MS]

        async with asyncio.timeout(WAIT_S):
            answered = 0
            while answered < len(commands):
                answered += await take()
            await asyncio.sleep(0.1)
            start_ms = -(-exchange.now_ms() // MINUTE_MS) * MINUTE_MS
            exchange.jump(minutes * MINUTE_MS + 2_000)
            real = true_trades(exchange, symbols, start_ms // MINUTE_MS, minutes)
            while len(within()) < len(real):
                await take()
            with suppress(TimeoutError):  # nothing comes twice
                while True:
                    await asyncio.wait_for(take(), 0.2)
    return within()


@pytest.mark.parametrize("key", KEYS)
async def test_its_stream_brings_every_trade_of_a_minute(key: str) -> None:
    async with served(key) as (exchange, data, one):
        names = [listed.symbol for listed in await followed(data)][:3]
        trades = await streamed(exchange, data, one, names, 3)
        assert {trade[0] for trade in trades} <= set(names)
        for name in names:
            own = [trade for trade in trades if trade[0] == name]
            real = true_trades(exchange, [name], exchange.now_ms() // MINUTE_MS - 3, 3)
            assert len(own) == len(real)
            assert [trade[3] for trade in own] == [trade.traded_ms for trade in real]
            assert [trade[4] for trade in own] == [trade.is_buyer_maker for trade in real]
            if one.ids is not Ids.NONE:
                assert all(later[5] == earlier[5] + 1 for earlier, later in pairwise(own))
        assert trades


@pytest.mark.parametrize("key", KEYS)
async def test_the_engine_makes_the_truth_of_its_trades(key: str) -> None:
    async with served(key) as (exchange, data, one):
        listed = (await followed(data))[:3]
        trades = await streamed(exchange, data, one, [each.symbol for each in listed], 3)
        engine = KlineEngine((Period.M1,), holds_gaps=False)
        reader = engine.reader()
        for each in listed:
            worth = price(each.contract_value) if each.contract_value else 0
            engine.handle(AddSymbol(each.symbol, 0, contract_value=worth, proves=one.ids is not Ids.NONE))
        engine.take(trades)
        engine.tick(exchange.now_ms())
        made = {(bar.symbol, bar.open_ms): bar for bar in engine.drain(reader).ended}
        compared = 0
        for each in listed:
            from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS - 3 * MINUTE_MS
            for true in exchange.bars(each.symbol, Period.M1, from_ms, from_ms + 3 * MINUTE_MS):
                if true.volume:
                    assert made[each.symbol, true.open_ms][:12] == true[:12]
                    compared += 1
        assert compared >= 5


@pytest.mark.parametrize("key", KEYS)
async def test_a_symbol_that_there_is_not_has_no_bars(key: str) -> None:
    async with served(key) as (_, data, _one):
        await data.instruments()
        with pytest.raises(ExchangeError):
            await data.bars("NOSUCH", Period.M1, limit=2, priority=GAP)


@pytest.mark.parametrize(("fault", "error"), [("429", RateLimited), ("418", ExchangeError), ("451", GeoBlocked)])
@pytest.mark.parametrize("key", KEYS)
async def test_refusals_are_told_as_the_venue_tells_them(key: str, fault: str, error: type[Exception]) -> None:
    async with served(key) as (exchange, data, _):
        exchange.strike(fault, lasts_ms=600_000)
        with pytest.raises(error):
            async with asyncio.timeout(WAIT_S):
                await data.instruments()
        assert exchange.faults.counts[fault]


@pytest.mark.parametrize("key", KEYS)
async def test_faults_know_symbols_by_the_venues_names(key: str) -> None:
    async with served(key) as (exchange, data, _):
        name = (await followed(data))[1].symbol
        exchange.strike("delist", target=name)
        symbol = exchange.face.symbol_of(name)
        assert symbol is not None
        assert exchange.faults.counts["delist"] == 1
        exchange.jump(5 * MINUTE_MS)
        assert name not in {listed.symbol for listed in await followed(data)}


def test_prices_of_one_coin_are_near_each_other_and_trades_are_not() -> None:
    prices, ids = {}, set()
    for key in KEYS:
        exchange = SimulatedExchange(SPEC, venue=key, speed=0)
        minute = exchange.now_ms() // MINUTE_MS
        prices[key] = exchange.market.path.at(exchange.market.listing("BTCUSDT"), minute)
        ids.add(exchange.market.first_id("BTCUSDT", minute))
    assert len(set(prices.values())) == len(ids) == len(KEYS)
    assert max(prices.values()) / min(prices.values()) < 1.002
