"""What Binance USDⓈ-M allows, and what it does to who takes more.

Sources: the exchange's documentation, recorded messages, and what others measured where both are silent.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.exchange.limits import PageCost, Refusal, RequestLimits, StreamLimits

REQUESTS: Final = RequestLimits(
    cost_per_minute=2_400,
    bar_pages=(PageCost(99, 1), PageCost(499, 2), PageCost(1_000, 5), PageCost(1_500, 10)),
    trade_page=PageCost(1_000, 20),
    trades_reach_ms=24 * 3_600_000 - 600_000,  # 24 hours by the documentation of 2026-05, less a margin
)

STREAMS: Final = StreamLimits(
    pace_ms=500,  # ten a second are documented, five were seen to end in a ban
    streams_per_message=200,
    bytes_per_message=4_000,  # over 4,088 bytes nothing is answered
    streams_per_connection=1_024,
    life_ms=23 * 3_600_000,  # it is cut at 24 hours
    penalty_ms=150_000,  # thrown out for talking too much (1008): the ban was seen to last two minutes
    penalty_codes=frozenset({1008, 403, 418, 429, 451}),
)

REFUSALS: Final = {
    403: Refusal("blocked klagg's requests", least_ms=60_000),  # a firewall, which does not say for how long
    418: Refusal("banned this address", pause_ms=120_000, is_ban=True),  # the shortest ban by the documentation
    429: Refusal("asked for fewer requests"),
}

LONGEST_REFUSAL_MS: Final = 3 * 24 * 3_600_000
"""The longest ban by the documentation."""

BLOCKED_ADVICE: Final = "try --proxy, or see a simulated market with `klagg demo`"

UNKNOWN_SYMBOL: Final = frozenset({-1121, -1122})
"""Codes for a symbol that there is not, or not any more."""

DECIMALS: Final = 8
"""The most that it writes of a price or quantity; a price with more went by way of a float (61800.300000000003)."""
