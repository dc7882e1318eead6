"""What Kraken allows, what it does to who takes more, and what it does not say.

Sources: docs.kraken.com (REST "Get Recent Trades", "Get OHLC Data", "Get Tradable Asset Pairs", websocket v2 "Trade", "Ping",
rate limits), and answers recorded on 2021-04-17 and 2025-11-10.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.limits import PageCost, Refusal, RequestLimits, StreamLimits
from klagg_tui.exchange.venue import CandleFacts, Doubt, Question

REQUESTS: Final = RequestLimits(
    cost_per_minute=60,  # about one a second of an address and pair
    bar_pages=(PageCost(720, 1),),
    trade_page=PageCost(1_000, 1),
    trades_reach_ms=50 * 365 * 86_400_000,  # all since the pair was listed
    pace_ms=1_000,
)

STREAMS: Final = StreamLimits(
    pace_ms=500,  # the allowed rate is "dynamic"
    streams_per_message=100,
    bytes_per_message=4_000,
    streams_per_connection=400,  # no number is told
    life_ms=23 * 3_600_000,  # nor is an age
    penalty_ms=120_000,
    penalty_codes=frozenset({1008, 403, 429, 451}),  # some 150 connections in ten minutes are let through
)

REFUSALS: Final = {
    403: Refusal("blocked klagg's requests", least_ms=60_000),  # a firewall, which does not say for how long
    429: Refusal("asked for fewer requests", pause_ms=10_000),
}

LONGEST_REFUSAL_MS: Final = 3_600_000

BLOCKED_ADVICE: Final = "try --proxy, or see a simulated market with `klagg demo`"

SETTLE_MS: Final = 15_000
"""Nobody documents when a bar is final: the last row of an answer is under way, all others are "committed"."""

REPAIR_AFTER_MS: Final = 5_000
"""17 of 100 ids did not come over the websocket in November 2025 (krakenfx/api-go, 36), mostly single ones: one request for what
five seconds left out keeps a busy pair within a request a second."""

DECIMALS: Final = 10
"""The most that it writes of a price: 304 pairs of 2021-04-17."""

INTERVALS: Final = {
    Period.M1: 1,
    Period.M5: 5,
    Period.M15: 15,
    Period.M30: 30,
    Period.H1: 60,
    Period.H4: 240,
    Period.D1: 1_440,
}
"""In minutes. There are 10080 and 21600 too, but the first may open on Thursdays, and no period lasts 15 days."""

LACKS: Final = Evidence.NO_TURNOVER | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
"""A bar has four prices, a volume-weighted one, a volume and a count."""

CANDLE: Final = CandleFacts(lacks=LACKS, periods=frozenset(INTERVALS), reach=720, makes_older_minutes=True)

RENAMED: Final = {"XBT": "BTC", "XDG": "DOGE"}
"""What the listing calls the coins that the second version of the websocket calls otherwise."""

MOST_PAGES: Final = 30
"""Of trades, one a second, for one question. What takes more is not answered, or not to its end."""

DOUBTS: Final = (
    Doubt(Question.IDS, "ids follow each other one by one in REST, with holes on the stream", "krakenfx/api-go, 36"),
    Doubt(Question.SUM, "a bar is the sum of its trades", "143 of 143 minutes recorded 2025-11-10"),
    Doubt(Question.EMPTY, "a minute without trades has a flat bar", "77 of 77 recorded 2025-11-10"),
    Doubt(Question.FIRST_PRICE, "a bar opens at its first trade", "143 of 143 minutes recorded 2025-11-10"),
    Doubt(Question.FINAL, "every row but the last of an answer is final", 'page "Get OHLC Data"'),
    Doubt(Question.BAD_SYMBOL, "a wrong pair stops no other of its command", 'page "Trade"', True),
    Doubt(Question.SEAM, "without a snapshot nothing from before comes", 'page "Trade"', False),
    Doubt(Question.ROUTE, "trades come at /v2", 'page "Trade"'),
)
