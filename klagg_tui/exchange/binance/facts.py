"""What Binance allows in every product line, and what it does to who takes more.

Sources: the exchange's documentation, recorded messages, and what others measured where both are silent.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.exchange.limits import Refusal, StreamLimits

STREAMS: Final = StreamLimits(
    pace_ms=500,  # five a second are documented of spot, ten of futures, where five were seen to end in a ban
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

UNKNOWN_SYMBOL: Final = frozenset({-1121, -1122})
"""Codes for a symbol that there is not, or not any more."""

DECIMALS: Final = 8
"""The most that it writes of a price or quantity; a price with more went by way of a float (61800.300000000003)."""
