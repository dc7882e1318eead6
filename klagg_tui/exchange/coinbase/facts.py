"""What Coinbase Exchange allows, what it does to who takes more, and what it does not say.

Sources: docs.cdp.coinbase.com/exchange (rate limits of REST and of the websocket, channels, products, trades, candles), and
messages recorded on 2021-04-17.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.limits import PageCost, Refusal, RequestLimits, StreamLimits
from klagg_tui.exchange.venue import CandleFacts, Doubt, Question

MOST_ROWS: Final = 300
"""Bars in a reply; a request for more is refused as a whole."""

REQUESTS: Final = RequestLimits(
    cost_per_minute=600,  # ten a second of an address, bursts of fifteen
    bar_pages=(PageCost(MOST_ROWS - 12, 1),),  # less the rest of the longer bars at both ends
    trade_page=PageCost(1_000, 1),
    trades_reach_ms=50 * 365 * 86_400_000,  # all since the product was listed
    pace_ms=110,
)

STREAMS: Final = StreamLimits(
    pace_ms=150,  # eight a second are allowed
    streams_per_message=100,
    bytes_per_message=4_000,  # "Message too big" is an answer; how much that is, nobody says
    streams_per_connection=400,  # no number is told
    life_ms=23 * 3_600_000,  # nor is an age
    penalty_ms=60_000,
    penalty_codes=frozenset({1008, 403, 429, 451}),
)

REFUSALS: Final = {
    403: Refusal("blocked klagg's requests", least_ms=60_000),  # a firewall, which does not say for how long
    429: Refusal("asked for fewer requests", pause_ms=5_000),  # counted by the second
}

LONGEST_REFUSAL_MS: Final = 3_600_000

BLOCKED_ADVICE: Final = "try --proxy, or see a simulated market with `klagg demo`"

SETTLE_MS: Final = 60_000
"""Nobody documents when a bar is final."""

DECIMALS: Final = 8
"""The most that it writes of a price: 162 products of 2021-04-17."""

GRANULARITIES: Final = {
    Period.M1: 60,
    Period.M5: 300,
    Period.M15: 900,
    Period.H1: 3_600,
    Period.H6: 21_600,
    Period.D1: 86_400,
}
"""In seconds; all that there are ("Get product candles")."""

LACKS: Final = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
"""A bar has four prices and a volume."""

CANDLE: Final = CandleFacts(lacks=LACKS, has_empty_minutes=False, periods=frozenset(GRANULARITIES))

DOUBTS: Final = (
    Doubt(Question.IDS, "the ids of a product's trades follow each other one by one", "97 of 97 recorded 2021-04-17"),
    Doubt(
        Question.SEAM, "the message last_match is the newest trade before the subscription", "recorded 2021-04-17", True
    ),
    Doubt(Question.SUM, "a bar is the sum of its trades", "documented; unequal in 2018 (coinbase-pro-node, 258)"),
    Doubt(
        Question.EMPTY,
        "a minute without a bar is one without a trade, and the longer bar around it has the volume of the others",
        'page "Get product candles"',
    ),
    Doubt(Question.FIRST_PRICE, "a bar opens at its first trade", 'page "Get product candles"'),
    Doubt(
        Question.FINAL,
        "a bar does not change from a minute after its end on",
        "nothing: the page says only that it may be incomplete",
    ),
    Doubt(Question.BAD_SYMBOL, "an error names the one product that there is not", 'page "WebSocket errors"'),
    Doubt(Question.ROUTE, "matches come at the address without a path", 'page "WebSocket overview"'),
)
