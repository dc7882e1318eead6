"""Asking the exchange over HTTP: one budget for everything, patience with what passes, plain words for what does not."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber, ExchangeError, GeoBlocked, RateLimited, Refused, Unreachable
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.transport.budget import Priority, WeightBudget
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.connect import reason_of
from klagg_tui.exchange.transport.proxy import proxy_for

T = TypeVar("T")

log = logging.getLogger(__name__)

USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"
SPEED: Final = "X-KLAGG-SPEED"
"""Our simulated exchange says with it how fast its time runs; the real one does not send it."""

TIME_OUT_S: Final = 10.0
TRIES: Final = 3
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_WAIT_S: Final = 0.5
"""Between two looks at the budget: the exchange's minute may turn earlier than thought."""
_BAN_MS: Final = 120_000
"""Shortest ban (418) by the documentation, where the reply does not say until when."""

_GATE_MS: Final = 60_000
"""To leave the firewall before the exchange alone (403); it does not say how long it bears a grudge."""
_LIMITED: Final = {403: "turned klagg away at its gate", 418: "banned this address", 429: "asked for fewer requests"}

_PROXY_TROUBLE: Final = (ProxyError, ProxyConnectionError, ProxyTimeoutError)
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError, *_PROXY_TROUBLE)


class _Answer(NamedTuple):
    body: bytes
    headers: dict[str, str]
    """Names in upper case."""
    sent_ms: float
    """When the try that was answered went out, by the local clock: not when its waiting for the budget began."""
    received_ms: float


class RestClient:
    """The market data requests, to be used in an `async with` block.

    Whatever goes wrong raises an `ExchangeError`, after as many tries as make sense.

    Args:
        base_url: `https://host`.
        clock: set by `sync`.
        proxy: `http://…` or `socks5://…`; without one the environment's counts.
        local_ms: the steady local clock that `clock` goes by.
        time_out_s: for one try.
    """

    def __init__(
        self,
        base_url: str,
        clock: ExchangeClock,
        *,
        proxy: str | None = None,
        local_ms: Callable[[], float] = lambda: time.monotonic() * 1000,
        time_out_s: float = TIME_OUT_S,
    ) -> None:
        self.budget = WeightBudget()
        self.clock = clock
        self.requests = 0
        self.retries = 0
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(base_url).netloc or base_url
        self._proxy = proxy
        self._local_ms = local_ms
        self._time_out_s = time_out_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        address = proxy_for(self._base_url, self._proxy)
        self._session = aiohttp.ClientSession(
            connector=ProxyConnector.from_url(address, rdns=True) if address else None,
            timeout=aiohttp.ClientTimeout(total=self._time_out_s),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def now_ms(self) -> int:
        """The exchange's time."""
        return self.clock.now_ms(self._local_ms())

    async def sync(self) -> None:
        """Ask the exchange for its time and set the clock by it."""
        answer = await self._get(wire.TIME, Priority.GAP)
        exchange_ms = self._read(wire.server_time, answer.body)
        self.clock.sample(answer.sent_ms, answer.received_ms, exchange_ms, _speed(answer.headers.get(SPEED)))

    async def listings(self) -> wire.Listings:
        """Every contract the exchange lists."""
        answer = await self._get(wire.EXCHANGE_INFO, Priority.SEAM)
        found = self._read(wire.listings, answer.body)
        if found.weight_limit:
            self.budget.limit = found.weight_limit
        return found

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int = 99,
        priority: Priority,
    ) -> list[Bar]:
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included.

        What was over when it was asked for is confirmed, the rest is forming.
        """
        answer = await self._get(wire.bars_request(symbol, period, start_ms, end_ms, limit), priority)
        asked_ms = self.clock.now_ms(answer.sent_ms)
        return self._read(lambda body: wire.bars(body, symbol, period, asked_ms), answer.body)

    async def trades(
        self, symbol: str, from_id: int, *, limit: int = wire.LARGEST_PAGE, priority: Priority
    ) -> list[AggTrade]:
        """Aggregate trades from an id on."""
        answer = await self._get(wire.trades_request(symbol, from_id, limit=limit), priority)
        return self._read(lambda body: wire.trades(body, symbol), answer.body)

    def _read(self, decode: Callable[[bytes], T], body: bytes) -> T:
        try:
            return decode(body)
        except (BadFrame, BadNumber) as error:
            raise Unreachable(f"{self._host} gave an answer that cannot be read ({error}).") from error

    async def _get(self, request: wire.Request, priority: Priority) -> _Answer:
        pause_s = _FIRST_PAUSE_S
        for _ in range(TRIES - 1):
            try:
                return await self._try(request, priority)
            except Unreachable as error:
                self.retries += 1
                log.info("%s: %s", request.path, error)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
                pause_s *= 2
        return await self._try(request, priority)

    async def _try(self, request: wire.Request, priority: Priority) -> _Answer:
        assert self._session is not None, "to be used in a with statement"
        await self._admission(request.weight, priority)
        number = self.budget.begin(request.weight)
        self.requests += 1
        used: int | None = None
        sent_ms = self._local_ms()
        try:
            async with self._session.get(self._base_url + request.path, params=list(request.parameters)) as response:
                used = _whole(response.headers.get(USED_WEIGHT))
                body = await response.read()
                if response.status != 200:
                    raise self._failure(response.status, body, response.headers.get("Retry-After"))
                headers = {name.upper(): value for name, value in response.headers.items()}
                return _Answer(body, headers, sent_ms, self._local_ms())
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error
        finally:
            self.budget.end(number, used, self.now_ms())

    async def _admission(self, weight: int, priority: Priority) -> None:
        if not self.budget.wait_ms(weight, priority, self.now_ms()):
            return
        self.budget.wait(priority)
        try:
            while True:
                wait_ms = self.budget.wait_ms(weight, priority, self.now_ms())
                if not wait_ms:
                    return
                await asyncio.sleep(min(_LONGEST_WAIT_S, wait_ms / 1000 / self.clock.speed))
        finally:
            self.budget.wait_no_more(priority)

    def _unreachable(self, error: BaseException) -> Unreachable:
        is_late = isinstance(error, TimeoutError)
        reason = f"no answer within {self._time_out_s:g} s" if is_late else reason_of(_cause(error))
        return Unreachable(
            f"{self._host} cannot be reached ({reason}); klagg keeps trying, what is to be fetched waits."
        )

    def _failure(self, status: int, body: bytes, retry_after: str | None) -> ExchangeError:
        failure = wire.failure(body)
        if status in _LIMITED:
            return self._limited(status, failure.banned_until_ms, retry_after)
        if status == 451:
            return GeoBlocked(
                f"{self._host} does not serve this place (451): try --proxy, or see a simulated market with `klagg demo`."
            )
        if status >= 500:
            return Unreachable(
                f"{self._host} is in trouble ({status}); klagg keeps trying, what is to be fetched waits."
            )
        return Refused(f"{self._host} refused: {failure.message or f'status {status}'}", failure.code)

    def _limited(self, status: int, banned_until_ms: int | None, retry_after: str | None) -> RateLimited:
        now_ms = self.now_ms()
        seconds = _whole(retry_after)
        if seconds is not None:
            until_ms = now_ms + seconds * 1000
        elif banned_until_ms is not None:
            until_ms = banned_until_ms
        else:
            until_ms = now_ms + _BAN_MS if status == 418 else (now_ms // 60_000 + 1) * 60_000
        if status == 403:  # says nothing of how long; going on at once makes it a ban
            until_ms = max(until_ms, now_ms + _GATE_MS)
        self.budget.refuse_until(until_ms)
        wait_s = max(0, until_ms - now_ms) // 1000
        return RateLimited(
            f"{self._host} {_LIMITED[status]} ({status}): it is asked again in {wait_s} s, and until then nothing is repaired "
            "or back-filled.",
            until_ms,
            banned=status == 418,
        )


def _cause(error: BaseException) -> BaseException:
    """The system's own error, where a library wrapped one."""
    inner = getattr(error, "os_error", None) or error.__cause__
    return inner if isinstance(inner, OSError) else error


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else None


def _speed(text: str | None) -> float:
    try:
        speed = float(text or 1)
    except ValueError:
        return 1.0
    return speed if 0 < speed <= 100_000 else 1.0
