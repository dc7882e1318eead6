"""How an exchange is asked over HTTP, and how it answers, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from klagg_tui.exchange.limits import Refusal, RequestLimits
from klagg_tui.exchange.venue import Failure


@dataclass(frozen=True)
class HttpRules:
    """How one exchange answers."""

    requests: RequestLimits
    refusals: Mapping[int, Refusal]
    longest_pause_ms: int
    """No refusal lasts longer; an answer that says more is not believed."""
    blocked_advice: str
    read_failure: Callable[[bytes], Failure | None]
    """Of an answer with another status than 200; None where it says nothing. The body may be anything: it must not raise. A
    `status` in it counts in place of the answer's own."""
    read_error: Callable[[bytes], Failure | None] | None = None
    """Finds the error in an answer with status 200, for exchanges that say them so; None where there is none; never raises."""
    time_grain_ms: float = 0
    """Half of the unit in which the exchange tells its time, where that is longer than a millisecond."""
    used_header: str = ""
    """Says how much of the minute's cost is used; empty where the exchange does not say it."""


class HttpOptions(TypedDict, total=False):
    """How else a host is asked, see `HttpClient`."""

    proxy: str | None
    local_ms: Callable[[], float]
    time_out_s: float
    has_speed: bool
