"""Every exchange, asked for its time and for a connection of trades; and this machine's clock against what they say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from klagg_tui.commands.doctor.finding import Finding, Named
from klagg_tui.engine.period import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from klagg_tui.config import Settings
    from klagg_tui.exchange.venue import MarketData, Venue

PATIENCE_S: Final = 8.0
"""For all answers of one exchange."""
OFF_MS: Final = 5_000
"""A clock that is off by more is doubted by klagg too (`exchange.transport.clock`)."""
_NETWORK: Final = Named("network")
_CLOCK: Final = Named("clock")


class Where(NamedTuple):
    """An exchange and its addresses."""

    venue: Venue
    rest_url: str
    stream_url: str
    is_watched: bool


class Answer(NamedTuple):
    """What became of asking one exchange."""

    where: Where
    trip_ms: float | None = None
    """How long its answer took; None where none came."""
    trouble: str = ""
    """Why it gave none."""
    advice: str = ""
    is_refused: bool = False
    """Whether it was reached all the same."""
    stream_trouble: str = ""
    """Why there is no connection of trades; not tried where the exchange is not watched."""
    ahead_ms: float | None = None
    """By how much this machine's clock is ahead of the exchange's; None where that told no time that can be believed."""
    doubt_ms: float = 0
    """By how much that may be off."""


def places(settings: Settings) -> list[Where]:
    """All exchanges, the watched ones first, at the addresses that the settings say."""
    from klagg_tui.exchange.registry import keys, venue
    from klagg_tui.runtime.plans import rest_url_of, stream_url_of

    watched = settings.market.venues
    exchanges = [venue(key) for key in (*watched, *(key for key in keys() if key not in watched))]
    return [
        Where(one, rest_url_of(settings, one), stream_url_of(settings, one), one.key in watched) for one in exchanges
    ]


def look(where: Sequence[Where], proxy: str | None, patience_s: float = PATIENCE_S) -> list[Answer]:
    """Ask all at once."""

    async def ask_all() -> list[Answer]:
        return list(await asyncio.gather(*(_ask(one, proxy, patience_s) for one in where)))

    return asyncio.run(ask_all())


def of_network(answers: Sequence[Answer]) -> Iterable[Finding]:
    """One finding an exchange; what is not watched is worth a note at the most."""
    if not any(answer.trip_ms is not None or answer.is_refused for answer in answers):
        yield _NETWORK.fault(
            f"no exchange can be asked ({answers[0].trouble})",
            "see to the network; where only a proxy leads out, name it with --proxy, KLAGG_PROXY or HTTPS_PROXY. "
            "klagg demo needs none",
        )
        return
    yield from map(_finding, answers)


def of_clock(answers: Sequence[Answer]) -> Iterable[Finding]:
    """One finding about this machine's clock, by all that told their time."""
    told = {answer.where.venue.name: answer.ahead_ms for answer in answers if answer.ahead_ms is not None}
    if not told:
        yield _CLOCK.unseen("no exchange told its time")
        return
    off_ms = median(told.values())
    doubt_ms = min(answer.doubt_ms for answer in answers if answer.ahead_ms is not None)
    others = f"by {len(told)} exchanges" if len(told) > 1 else f"by {next(iter(told))}"
    said = f"{_length(off_ms)} {'ahead' if off_ms > 0 else 'behind'}, {others}, give or take {doubt_ms:,.0f} ms"
    if abs(off_ms) > OFF_MS + doubt_ms:
        yield _CLOCK.fault(
            said,
            "klagg goes by the exchange's time, but not before it answers: let the system keep the clock "
            "(timedatectl set-ntp true; on macOS: Date & Time, set automatically)",
        )
    else:
        yield _CLOCK.fine(said)


def _finding(answer: Answer) -> Finding:
    where = answer.where
    name = f"{where.venue.name} ({where.venue.key})"
    if answer.trip_ms is None:
        if where.is_watched:
            return _NETWORK.fault(f"{name}: {answer.trouble}", answer.advice)
        return _NETWORK.note(f"{name}: {answer.trouble} (not watched)")
    said = f"{name}: answers in {answer.trip_ms:,.0f} ms"
    if answer.stream_trouble:
        return _NETWORK.fault(
            f"{said}, but trades cannot be had ({answer.stream_trouble})",
            "something on the way lets no websockets through: a firewall, or the proxy",
        )
    return _NETWORK.fine(f"{said}, trades too" if where.is_watched else f"{said} (not watched)")


async def _ask(where: Where, proxy: str | None, patience_s: float) -> Answer:
    from klagg_tui.errors import ExchangeError, GeoBlocked

    try:
        # What is loaded by this is not the exchange's delay.
        async with where.venue.market_data(where.rest_url, time.time() * 1000, proxy=proxy) as data:
            return await _answer_of(data, where, proxy, patience_s)
    except GeoBlocked:
        return Answer(
            where, trouble="it does not serve this place (451)", advice=where.venue.blocked_advice, is_refused=True
        )
    except TimeoutError:
        return Answer(where, trouble=f"no answer within {patience_s:g} s", advice="try again, or see to the network")
    except (ExchangeError, OSError) as error:
        return Answer(where, trouble=str(error).rstrip("."), advice=_advice(str(error)))


async def _answer_of(data: MarketData, where: Where, proxy: str | None, patience_s: float) -> Answer:
    began_s = time.monotonic()
    async with asyncio.timeout(patience_s):
        await data.sync()
    trip_ms = (time.monotonic() - began_s) * 1000
    ahead_ms = time.time() * 1000 - data.now_ms() if data.clock.is_set else None
    trouble = await _stream_trouble(where, proxy, patience_s) if where.is_watched else ""
    return Answer(where, trip_ms, stream_trouble=trouble, ahead_ms=ahead_ms, doubt_ms=data.error_ms())


async def _stream_trouble(where: Where, proxy: str | None, patience_s: float) -> str:
    """Why no connection of trades can be opened; empty where it was."""
    from klagg_tui.errors import ConfigError, ExchangeError
    from klagg_tui.exchange.transport.connect import connect, stream_uri
    from klagg_tui.exchange.transport.connection import FeedConnection

    try:
        uri = stream_uri(where.stream_url, where.venue.codec.path)
        async with asyncio.timeout(patience_s):
            connection = await connect(uri, lambda: FeedConnection(uri, _ignore, _ignore), where.venue.refusals, proxy)
    except TimeoutError:
        return f"no answer within {patience_s:g} s"
    except (ExchangeError, ConfigError) as error:
        return str(error).rstrip(".")
    connection.close()
    return ""


def _ignore(*_: object) -> None:
    """Whatever comes."""


def _advice(trouble: str) -> str:
    if "certificate" in trouble:
        return (
            f"this machine's date must be right (it is {time.strftime('%Y-%m-%d')}), and nothing on the way may open what is "
            "encrypted; a company's own certificate is named with SSL_CERT_FILE"
        )
    return "see to the network, or name a proxy with --proxy; another exchange is chosen with --venue"


_SECOND_MS: Final = 1_000
_UNITS_MS: Final = (("days", DAY_MS), ("hours", 60 * MINUTE_MS), ("minutes", MINUTE_MS), ("s", _SECOND_MS))


def _length(off_ms: float) -> str:
    """How long, in the unit that tells it."""
    for unit, size_ms in _UNITS_MS:
        if abs(off_ms) >= 2 * size_ms:
            return f"{abs(off_ms) / size_ms:,.0f} {unit}"
    return f"{abs(off_ms):,.0f} ms"
