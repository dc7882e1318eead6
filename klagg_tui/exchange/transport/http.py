"""Asking an exchange over HTTP: one budget for everything, retries for what passes, plain sentences for what does not."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from klagg_tui import __version__
from klagg_tui.errors import (
    BadFrame,
    BadNumber,
    ExchangeError,
    GeoBlocked,
    RateLimited,
    Refused,
    UnknownSymbol,
    Unreachable,
)
from klagg_tui.exchange.limits import Refusal, RequestUse
from klagg_tui.exchange.transport.budget import WeightBudget
from klagg_tui.exchange.transport.clock import ExchangeClock, Witnesses
from klagg_tui.exchange.transport.headers import date_ms, speed_of, whole
from klagg_tui.exchange.transport.proxy import proxy_for
from klagg_tui.exchange.transport.rules import HttpRules
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Failure, Priority, Request
from klagg_tui.texts import without_login
from klagg_tui.unreached import reason_of

T = TypeVar("T")

log = logging.getLogger(__name__)

SPEED: Final = "X-KLAGG-SPEED"
"""Our simulated exchange sends how fast its time runs; a real one does not."""

MOST_BODY_BYTES: Final = 32 * 1024 * 1024
"""Of one answer, unpacked; the largest, a listing of some thousand contracts, has a tenth of that."""
TIME_OUT_S: Final = 10.0
TRIES: Final = 3
_FIRST_PAUSE_S: Final = 0.5
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""RFC 9110, 15.4."""
_JSON: Final = {"Content-Type": "application/json"}
_LONGEST_WAIT_S: Final = 0.5
"""Between two looks at the budget: the exchange's minute may turn earlier than thought."""

_PROXY_TROUBLE: Final = (ProxyError, ProxyConnectionError, ProxyTimeoutError)
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError, *_PROXY_TROUBLE)


class Answer(NamedTuple):
    """A reply with status 200."""

    body: bytes
    headers: dict[str, str]
    """Names in upper case."""
    sent_ms: float
    """When the try that was answered went out, by the local clock: not when its waiting for the budget began."""
    received_ms: float

    @property
    def date_ms(self) -> int | None:
        """The moment of its `Date` header, of whole seconds; None where there is none that can be read."""
        return date_ms(self.headers.get("DATE"))


class HttpClient:
    """Requests to one host, to be used in an `async with` block.

    Whatever goes wrong raises an `ExchangeError`, after as many tries as make sense.

    Args:
        base_url: `https://host`.
        clock: the exchange's, by whose minutes the budget goes.
        proxy: `http://…` or `socks5://…`; without one the environment's counts.
        local_ms: the steady local clock that `clock` goes by.
        time_out_s: for one try.
        wall_ms: this machine's clock, which goes on while the machine sleeps.
        has_speed: whether the host may say how fast its time runs, as our simulated exchange does.
    """

    def __init__(
        self,
        base_url: str,
        clock: ExchangeClock,
        rules: HttpRules,
        *,
        proxy: str | None = None,
        local_ms: Callable[[], float] = steady_ms,
        time_out_s: float = TIME_OUT_S,
        wall_ms: Callable[[], float] = lambda: time.time() * 1000,
        has_speed: bool = True,
    ) -> None:
        self.budget = WeightBudget(rules.requests.cost_per_minute, rules.requests.pace_ms)
        self.clock = clock
        self._requests = 0
        self._retries = 0
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(without_login(base_url)).netloc or base_url
        self._rules = rules
        self._proxy = proxy
        self._local_ms = local_ms
        self._time_out_s = time_out_s
        self._wall_ms = wall_ms
        self._begun_ms = wall_ms()
        self._has_speed = has_speed
        self._refused_until_ms = -math.inf
        """By the steady local clock: setting the exchange's clock must not move the end of a ban."""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        address = proxy_for(self._base_url, self._proxy)
        self._session = aiohttp.ClientSession(
            connector=ProxyConnector.from_url(address, rdns=True) if address else None,
            headers={"User-Agent": f"klagg/{__version__}"},
            timeout=aiohttp.ClientTimeout(),  # none: see `_try`
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

    def error_ms(self) -> float:
        """By how much that may be off, in the exchange's milliseconds."""
        return self.clock.error_ms(self._local_ms())

    def use(self) -> RequestUse:
        """How much was asked."""
        return RequestUse(self.budget.used(self.now_ms()), self.budget.limit, self._requests, self._retries)

    def set_clock(self, answer: Answer, exchange_ms: int) -> bool:
        """Set the clock by the time in an answer; returns whether it was judged, see `ExchangeClock.sample`."""
        speed = self._speed_in(answer.headers)
        machine_ms = self.clock.start_ms + (self._wall_ms() - self._begun_ms) * speed
        witnesses = Witnesses(answer.date_ms, machine_ms)
        grain_ms = self._rules.time_grain_ms
        return self.clock.sample(answer.sent_ms, answer.received_ms, exchange_ms, speed, witnesses, grain_ms=grain_ms)

    def read(self, decode: Callable[[bytes], T], body: bytes) -> T:
        """The value of a body; raises Unreachable where it cannot be read."""
        try:
            return decode(body)
        except (BadFrame, BadNumber) as error:
            raise Unreachable(f"{self._host} gave an answer that cannot be read ({error}).") from error

    async def get(self, request: Request, priority: Priority) -> Answer:
        """Ask, by POST where there is a body, and again where nothing came; the answer has status 200 and holds no error."""
        pause_s = _FIRST_PAUSE_S
        for _ in range(TRIES - 1):
            try:
                return await self._try(request, priority)
            except Unreachable as error:
                self._retries += 1
                log.info("%s: %s", request.path, error)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
                pause_s *= 2
        return await self._try(request, priority)

    async def _try(self, request: Request, priority: Priority) -> Answer:
        assert self._session is not None, "to be used in a with statement"
        await self._admission(request.cost, priority)
        number = self.budget.begin(request.cost, self.now_ms())
        self._requests += 1
        used: int | None = None
        sent_ms = self._local_ms()
        try:
            url = URL(self._base_url + request.path).extend_query(list(request.parameters))
            # aiohttp's own time limit takes a cancellation of the same moment back and tells of the time alone: whoever was
            # told to stop went on.
            async with asyncio.timeout(self._time_out_s), self._asked(url, request.body) as response:
                used = whole(response.headers.get(self._rules.used_header))
                body = await self._body(response)
                if failure := self._failure_in(response.status, body):
                    raise self._error(failure, response.headers)
                headers = {name.upper(): value for name, value in response.headers.items()}
                return Answer(body, headers, sent_ms, self._local_ms())
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error
        finally:
            self.budget.end(number, used, self.now_ms())

    @asynccontextmanager
    async def _asked(self, url: URL, body: bytes | None) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer; where it sends elsewhere on the same host, the answer there."""
        assert self._session is not None
        for _ in range(_MOST_REDIRECTS):
            async with self._session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=_JSON if body else None,
                allow_redirects=False,
            ) as response:
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    yield response
                    return
                url = self._elsewhere(url, response.headers["Location"])
        raise Unreachable(f"{self._host} sends round in circles.")

    def _elsewhere(self, url: URL, location: str) -> URL:
        """Where an answer sends to; raises where that is another host, or gives up what keeps others from listening."""
        try:
            target = url.join(URL(location))
        except ValueError:
            target = URL()
        is_safer = (url.scheme, target.scheme) == ("http", "https")
        is_alike = (url.scheme, url.port) == (target.scheme, target.port)
        if target.host == url.host and (is_safer or is_alike):
            return target.with_user(url.user).with_password(url.password)
        raise Unreachable(
            f"{self._host} sends elsewhere ({target.scheme or 'to no address'}://{target.host or ''}), where klagg does not "
            "follow: a page of this network to log in at, perhaps."
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """All of it; one without end is let go where it passes the bound."""
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > MOST_BODY_BYTES:
                raise Unreachable(
                    f"{self._host} gave an answer of more than {MOST_BODY_BYTES // 1024**2} MB: it was cut off and not read."
                )
            parts.append(part)
        return b"".join(parts)

    async def _admission(self, weight: int, priority: Priority) -> None:
        if not self._wait_s(weight, priority):
            return
        self.budget.wait(priority)
        try:
            while True:
                wait_s = self._wait_s(weight, priority)
                if not wait_s:
                    return
                await asyncio.sleep(min(_LONGEST_WAIT_S, wait_s))
        finally:
            self.budget.wait_no_more(priority)

    def _wait_s(self, weight: int, priority: Priority) -> float:
        refused_ms = self._refused_until_ms - self._local_ms()
        if refused_ms > 0:
            return refused_ms / 1000
        return self.budget.wait_ms(weight, priority, self.now_ms()) / 1000 / self.clock.speed

    def _unreachable(self, error: BaseException) -> Unreachable:
        is_late = isinstance(error, TimeoutError)
        reason = f"no answer within {self._time_out_s:g} s" if is_late else reason_of(_cause(error))
        return Unreachable(f"{self._host} cannot be reached ({reason}).")

    def _failure_in(self, status: int, body: bytes) -> Failure | None:
        """What is wrong with an answer, its status included."""
        if status == 200:
            return self._rules.read_error(body) if self._rules.read_error else None
        failure = self._rules.read_failure(body) or Failure()
        return failure if failure.status else failure._replace(status=status)

    def _error(self, failure: Failure, headers: Mapping[str, str]) -> ExchangeError:
        status = failure.status or 0
        if refusal := self._rules.refusals.get(status):
            return self._limited(status, refusal, headers, failure.banned_until_ms)
        if status == 451:
            return GeoBlocked(f"{self._host} does not serve this place (451): {self._rules.blocked_advice}.")
        if status >= 500:
            return Unreachable(f"{self._host} is in trouble ({status}).")
        kind = UnknownSymbol if failure.is_unknown_symbol else Refused
        told = failure.message or (f"status {status}" if status else f"error {failure.code}")
        return kind(f"{self._host} refused: {told}", failure.code)

    def _limited(
        self, status: int, refusal: Refusal, headers: Mapping[str, str], banned_until_ms: int | None
    ) -> RateLimited:
        now_ms = self._answered_ms(headers)
        retry_after_s = whole(headers.get("Retry-After"))
        if retry_after_s is not None:
            wait_ms = retry_after_s * 1000
        elif banned_until_ms is not None:
            wait_ms = banned_until_ms - now_ms
        elif refusal.pause_ms is not None:
            wait_ms = refusal.pause_ms
        else:
            wait_ms = 60_000 - now_ms % 60_000
        asked_ms = max(wait_ms, refusal.least_ms, 0)
        wait_ms = min(asked_ms, self._rules.longest_pause_ms)
        speed = self.clock.speed if self.clock.is_set else self._speed_in(headers)
        self._refused_until_ms = max(self._refused_until_ms, self._local_ms() + wait_ms / speed)
        cut = f" (it said {asked_ms // 1000:,} s, which no ban lasts)" if asked_ms > wait_ms else ""
        if cut:
            log.warning(
                "%s %s for %d s: that was cut to %d s", self._host, refusal.words, asked_ms / 1000, wait_ms / 1000
            )
        return RateLimited(
            f"{self._host} {refusal.words} ({status}): it is asked again in {wait_ms // 1000} s{cut}, and until then nothing "
            "is repaired or back-filled.",
            now_ms + wait_ms,
            banned=refusal.is_ban,
        )

    def _answered_ms(self, headers: Mapping[str, str]) -> int:
        """The exchange's time at an answer: by our clock of it, and before that is set by the answer's own date."""
        told_ms = None if self.clock.is_set else date_ms(headers.get("Date"))
        return self.now_ms() if told_ms is None else told_ms

    def _speed_in(self, headers: Mapping[str, str]) -> float:
        return speed_of(headers.get(SPEED)) if self._has_speed else 1.0


def _cause(error: BaseException) -> BaseException:
    """The system's own error, where a library wrapped one."""
    inner = getattr(error, "os_error", None) or error.__cause__
    return inner if isinstance(inner, OSError) else error
