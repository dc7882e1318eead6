"""The questions to the exchange, against a server on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest
from aiohttp import web

from klagg_tui.engine.bar import State
from klagg_tui.engine.parsing import quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import GeoBlocked, RateLimited, Refused, UnknownSymbol, Unreachable
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.rest import RestClient
from klagg_tui.exchange.transport import http
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.venue import Priority
from tests.exchange.okx.samples import BAR, BTC, COIN, INVERSE, SWAP, TRADE, pushed, reply, with_change

NOW_MS = 1_692_547_380_000
DATE = formatdate(NOW_MS // 1000, usegmt=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(http, "_LONGEST_WAIT_S", 0.001)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Exchange:
    """Answers one request after the other with what it was given."""

    def __init__(self) -> None:
        self.answers: list[bytes | tuple[int, bytes]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.local_ms = 0.0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path.removeprefix("/api/v5/"), dict(request.query)))
        self.local_ms += 1_000  # so that nobody waits for the pace
        answer = self.answers.pop(0)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return web.Response(status=status, body=body, headers={"Date": DATE})


@asynccontextmanager
async def asking(exchange: Exchange, market: facts.Market = facts.SWAP) -> AsyncIterator[RestClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    clock = ExchangeClock(NOW_MS, 0)
    try:
        async with RestClient(market, address, clock, local_ms=lambda: exchange.local_ms, has_speed=False) as rest:
            yield rest
    finally:
        await runner.cleanup()


def told(*answers: bytes | tuple[int, bytes]) -> Exchange:
    exchange = Exchange()
    exchange.answers = list(answers)
    return exchange


def trades(*ids: int) -> bytes:
    """Newest first, as the exchange has them."""
    return reply(*(with_change(TRADE, tradeId=str(number)) for number in sorted(ids, reverse=True)))


async def test_the_clock_is_set_by_the_exchanges_time() -> None:
    exchange = told(reply({"ts": str(NOW_MS + 3_000)}))
    async with asking(exchange) as rest:
        await rest.sync()
        assert rest.now_ms() == pytest.approx(NOW_MS + 3_000, abs=2_000)
        assert rest.use().used == 1
    assert exchange.asked == [("public/time", {})]


async def test_a_time_that_is_doubted_is_asked_for_again_and_not_for_ever() -> None:
    exchange = told(*(reply({"ts": str(NOW_MS + number * 10**9)}) for number in (1, 2, 3)))
    async with asking(exchange) as rest:
        await rest.sync()
        assert rest.clock.trouble
    assert len(exchange.asked) == 3


async def test_what_the_listing_says_of_contracts_is_known_to_the_stream_from_then_on() -> None:
    exchange = told(reply(SWAP, COIN))
    async with asking(exchange) as rest:
        language = rest.codec
        assert len(language.decode_batch([pushed(TRADE)]).damaged) == 1
        found = await rest.instruments()
        assert {instrument.symbol: instrument.contract_value for instrument in found.instruments} == {
            BTC: "",
            INVERSE: "100",
        }
        assert [trade[2] for trade in language.decode_batch([pushed(TRADE)]).trades] == ["0.125"]
    assert exchange.asked == [("public/instruments", {"instType": "SWAP"})]


async def test_bars_of_a_contract_that_is_not_known_yet_ask_for_the_listing_first() -> None:
    open_ms = int(BAR[0])
    later = [str(open_ms + 60_000), *BAR[1:8], "0"]
    exchange = told(reply(SWAP), reply(later, BAR), reply(BAR))
    async with asking(exchange) as rest:
        bars = await rest.bars(BTC, Period.M1, open_ms, open_ms + 60_000, limit=2, priority=Priority.SEED)
        assert [bar.state for bar in bars] == [State.CONFIRMED, State.FORMING]
        assert bars[0].volume == quantity("11990")
        await rest.bars(BTC, Period.M1, limit=1, priority=Priority.SEED)
    expected = {"instId": BTC, "bar": "1m", "limit": "2", "before": str(open_ms - 1), "after": str(open_ms + 60_001)}
    assert exchange.asked == [
        ("public/instruments", {"instType": "SWAP"}),
        ("market/candles", expected),
        ("market/candles", {"instId": BTC, "bar": "1m", "limit": "1"}),
    ]


async def test_spot_needs_no_listing() -> None:
    exchange = told(reply(BAR))
    async with asking(exchange, facts.SPOT) as rest:
        [bar] = await rest.bars("MATIC-USDT", Period.M1, limit=1, priority=Priority.SEED)
    assert bar.volume == quantity("1199")


async def test_a_contract_that_is_not_listed_is_unknown_and_the_listing_is_asked_for_it_once() -> None:
    exchange = told(reply(SWAP))
    async with asking(exchange) as rest:
        for _ in range(2):
            with pytest.raises(UnknownSymbol, match="lists no NO-USDT-SWAP"):
                await rest.bars("NO-USDT-SWAP", Period.M1, limit=1, priority=Priority.SEED)
        assert len(exchange.asked) == 1


async def test_a_contract_that_was_not_listed_is_known_once_it_is() -> None:
    exchange = told(reply(COIN), reply(COIN, SWAP), reply(BAR))
    async with asking(exchange) as rest:
        with pytest.raises(UnknownSymbol):
            await rest.bars(BTC, Period.M1, limit=1, priority=Priority.SEED)
        await rest.instruments()
        assert len(await rest.bars(BTC, Period.M1, limit=1, priority=Priority.SEED)) == 1


async def test_a_contract_whose_entry_cannot_be_read_is_not_taken_for_unknown() -> None:
    """Who is told that a symbol is unknown forgets it."""
    entries = [with_change(COIN, instId=f"C{number}-USD-SWAP") for number in range(20)]
    async with asking(told(reply(with_change(SWAP, state="asleep"), *entries))) as rest:
        with pytest.raises(Unreachable, match="the state 'asleep' is unknown"):
            await rest.trades(BTC, 1, limit=1, priority=Priority.GAP)


async def test_a_full_page_of_trades_is_one_question() -> None:
    exchange = told(reply(SWAP), trades(7, 8, 9))
    async with asking(exchange) as rest:
        found = await rest.trades(BTC, 7, limit=3, priority=Priority.GAP)
    assert [trade.aggregate_id for trade in found] == [7, 8, 9]
    assert exchange.asked[1] == ("market/history-trades", {"instId": BTC, "type": "1", "after": "10", "limit": "3"})


@pytest.mark.parametrize(
    ("history", "recent", "expected"),
    [
        ((5, 6, 7, 8), (8, 9, 10, 11, 12), [7, 8, 9, 10]),
        ((5, 6, 7, 8), (10, 11), [7, 8]),
        ((5, 6), (6, 7, 8), [7, 8]),
        ((5, 6), (8, 9), []),
        ((5, 6), (4, 5, 6), []),
        ((), (), []),
    ],
    ids=["they meet", "a hole between", "all of it new", "not from there on", "nothing newer", "nothing"],
)
async def test_what_the_history_has_not_yet_is_looked_for_among_the_newest(
    history: tuple[int, ...], recent: tuple[int, ...], expected: list[int]
) -> None:
    exchange = told(reply(SWAP), trades(*history), trades(*recent))
    async with asking(exchange) as rest:
        found = await rest.trades(BTC, 7, limit=4, priority=Priority.GAP)
    assert [trade.aggregate_id for trade in found] == expected
    assert exchange.asked[2] == ("market/trades", {"instId": BTC, "limit": "500"})


async def test_a_page_has_a_hundred_trades_whatever_was_asked() -> None:
    exchange = told(reply(SWAP), trades(*range(7, 107)))
    async with asking(exchange) as rest:
        assert len(await rest.trades(BTC, 7, limit=1_000, priority=Priority.GAP)) == 100
    assert exchange.asked[1][1]["limit"] == "100"


async def test_more_rows_than_were_asked_for_are_an_answer_to_something_else() -> None:
    async with asking(told(reply(SWAP), trades(7, 8, 9))) as rest:
        with pytest.raises(Unreachable, match="gave 3 rows where 2"):
            await rest.trades(BTC, 7, limit=2, priority=Priority.GAP)


async def test_too_many_requests_within_status_200_are_waited_out() -> None:
    async with asking(told(reply(code="50011", message="Too Many Requests"))) as rest:
        with pytest.raises(RateLimited, match=r"asked for fewer requests \(429\): it is asked again in 2 s"):
            await rest.instruments()


async def test_a_service_that_is_down_within_status_200_is_asked_again() -> None:
    exchange = told(reply(code="50001", message="Service temporarily unavailable"), reply(SWAP))
    async with asking(exchange) as rest:
        assert len((await rest.instruments()).instruments) == 1
        assert rest.use().retries == 1


@pytest.mark.parametrize("status", [200, 400])
async def test_an_unknown_instrument_is_told_by_code(status: int) -> None:
    async with asking(told((status, reply(code="51001", message="Instrument ID doesn't exist"))), facts.SPOT) as rest:
        with pytest.raises(UnknownSymbol, match="Instrument ID doesn't exist") as raised:
            await rest.bars("NO-USDT", Period.M1, limit=1, priority=Priority.SEED)
    assert raised.value.code == 51_001


async def test_other_errors_carry_the_exchanges_words() -> None:
    async with asking(told(reply(code="51000", message="Parameter bar error")), facts.SPOT) as rest:
        with pytest.raises(Refused, match="Parameter bar error"):
            await rest.bars("BTC-USDT", Period.M1, limit=1, priority=Priority.SEED)


async def test_a_place_that_is_not_served_is_told_of_the_regional_hosts() -> None:
    async with asking(told((451, b"<html>"))) as rest:
        with pytest.raises(GeoBlocked, match=r"us\.okx\.com"):
            await rest.sync()
