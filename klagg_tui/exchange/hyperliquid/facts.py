"""What Hyperliquid allows and tells.

Sources: hyperliquid.gitbook.io, "Rate limits and user limits", "Websocket" and "Info endpoint"; recorded messages of 2023 and
2024. What nobody has measured lately is in `DOUBTS`.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.limits import DerivativeFacts, PageCost, Refusal, RequestLimits, StreamLimits
from klagg_tui.exchange.venue import CandleFacts, Doubt, Question

PERPETUAL: Final = "PERPETUAL"
QUOTE: Final = "USDC"
"""All perpetuals of the exchange itself are margined and settled in it: "Contract specifications"."""

MOST_BARS: Final = 5_000
"""Of a period: "Only the most recent 5000 candles are available"."""

INFO_COST: Final = 20
STATUS_COST: Final = 2
ROWS_PER_COST: Final = 60
"""Bars cost 1 more for so many of them."""


def bars_cost(rows: int) -> int:
    """Of a request that may bring so many bars."""
    return INFO_COST + -(-rows // ROWS_PER_COST)


REQUESTS: Final = RequestLimits(
    cost_per_minute=1_200,
    bar_pages=tuple(PageCost(rows, bars_cost(rows)) for rows in (60, 300, 1_500, 4_980)),  # the last for a cost of 103
    trade_page=PageCost(1_000, 1),  # none is ever asked for
    trades_reach_ms=0,
)

STREAMS: Final = StreamLimits(
    pace_ms=100,  # 2,000 messages a minute of an address, whose symbols take two or three connections
    streams_per_message=1,
    bytes_per_message=4_000,
    streams_per_connection=1_000,
    life_ms=23 * 3_600_000,  # nothing is told; a connection of a day is replaced all the same
    penalty_ms=60_000,
    penalty_codes=frozenset({1008, 403, 429, 451}),
    ping_ms=25_000,  # it is cut when the server has sent nothing for 60 s
)

REFUSALS: Final = {
    403: Refusal("blocked klagg's requests", least_ms=60_000),
    429: Refusal("asked for fewer requests"),
}

LONGEST_REFUSAL_MS: Final = 24 * 3_600_000

BLOCKED_ADVICE: Final = "try --proxy, or see a simulated market with `klagg demo`"

CANDLE: Final = CandleFacts(
    lacks=Evidence.NO_TURNOVER | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER,
    has_empty_minutes=False,
    # There is none of 6h. Those of 3d, 1w and 1M exist, but nobody has told when they open.
    periods=frozenset(Period) - {Period.H6, Period.D3, Period.W1, Period.MO1},
    reach=MOST_BARS,
)

DERIVATIVES: Final = DerivativeFacts(tells_liquidations=False, at_once=None, every_ms=60_000)
"""All coins in one answer, for 20 of the 1,200 of a minute."""

DOUBTS: Final = (
    Doubt(
        Question.SUM,
        "a bar's `n` counts the trades of the stream, and its `v` is the sum of their sizes",
        "no recording has trades and bars of the same minute",
    ),
    Doubt(Question.EMPTY, "there may be no bar of a minute without trades", "the 24 recorded hours all had trades"),
    Doubt(
        Question.FIRST_PRICE,
        "a bar opens at its first trade",
        "in 15 of 23 recorded hours the open is not the close before (2023)",
    ),
    Doubt(Question.FINAL, "a bar is final 10 s after its end", "nothing is documented"),
    Doubt(
        Question.BAD_SYMBOL,
        "a coin that there is not is refused by a message on the channel `error` that quotes the subscription",
        "third-party probes of 2026-08",
        True,
    ),
    Doubt(
        Question.SEAM,
        "the first message for a coin on a connection holds some 30 older trades",
        "seen by several clients, which leave it out; not documented",
        True,
    ),
    Doubt(Question.ROUTE, "wss://api.hyperliquid.xyz/ws delivers trades", "hyperliquid.gitbook.io, Websocket"),
)
