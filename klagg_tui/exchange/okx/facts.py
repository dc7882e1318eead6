"""What OKX allows, and what it does to who takes more; the same for its swaps and its spot market.

Sources: the exchange's documentation (okx.com/docs-v5, sections "WebSocket", "Market Data", "Public Data", "Error Code"), its
recorded messages, and what others measured where both are silent.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exchange.limits import PageCost, Refusal, RequestLimits, StreamLimits
from klagg_tui.exchange.venue import CandleFacts, Doubt, Question


class Market(NamedTuple):
    """One of the exchange's markets; their wire is one."""

    key: str
    name: str
    """For people."""
    inst_type: str
    """`instType` in what is asked."""
    contract_types: tuple[str, ...]
    """Kinds of contracts that are read, the usual one first."""
    elsewhere: NamesElsewhere


LINEAR: Final = "linear"
INVERSE: Final = "inverse"
"""`ctType`: paid in the quote, or in the coin."""

_SPOT_ELSEWHERE: Final = NamesElsewhere("okx", lambda symbol: f"{symbol}.OKX")
_SWAP_ELSEWHERE: Final = _SPOT_ELSEWHERE._replace(
    is_futures=True,
    coins=lambda symbol: symbol.removesuffix("-SWAP"),
    is_inverse=lambda symbol: symbol.endswith("-USD-SWAP"),
)
SWAP: Final = Market("okx-swap", "OKX swaps", "SWAP", (LINEAR, INVERSE), _SWAP_ELSEWHERE)
SPOT: Final = Market("okx-spot", "OKX spot", "SPOT", ("SPOT",), _SPOT_ELSEWHERE)

REQUESTS: Final = RequestLimits(
    cost_per_minute=600,
    bar_pages=(PageCost(300, 1),),
    trade_page=PageCost(100, 1),
    trades_reach_ms=89 * DAY_MS,  # three months are documented, the shortest less a margin
    pace_ms=100,  # twenty in two seconds, for the narrowest of what is asked
)

RECENT_BARS: Final = 1_400
"""`market/candles` has the newest 1,440 of a period, less a margin; `market/history-candles` the rest."""
RECENT_TRADES: Final = 500
"""The page of `market/trades`."""

STREAMS: Final = StreamLimits(
    pace_ms=250,
    streams_per_message=100,
    bytes_per_message=32_000,  # 64 KB are documented
    streams_per_connection=600,  # all their names together have 64 KB too, and the longest take a hundred bytes
    life_ms=23 * 3_600_000,  # nothing is documented but a notice a minute before a service is upgraded
    penalty_ms=60_000,
    penalty_codes=frozenset({403, 418, 429, 451}),
    ping_ms=12_000,  # cut after thirty seconds without data
    commands_per_hour=480,
)

REFUSALS: Final = {
    403: Refusal("blocked klagg's requests", least_ms=60_000),  # a firewall, which does not say for how long
    418: Refusal("banned this address", pause_ms=120_000, is_ban=True),
    429: Refusal("asked for fewer requests", pause_ms=2_000),  # its limits count by two seconds
}

LONGEST_REFUSAL_MS: Final = DAY_MS

BLOCKED_ADVICE: Final = (
    "OKX has regional hosts (us.okx.com and wsus.okx.com, eea.okx.com and wseea.okx.com); name yours, or try --proxy"
)

UNKNOWN_SYMBOL: Final = frozenset({51_001, 51_014, 51_015})
"""Codes for an instrument or index that there is not, or that does not go with its type."""
TOO_MANY: Final = frozenset({50_011, 50_061})
BUSY: Final = frozenset({50_001, 50_004, 50_013, 50_026})
"""Codes of a service that is down, late or crowded: the same is asked again."""

CANDLE: Final = CandleFacts(
    lacks=Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER,
    periods=frozenset(Period) - {Period.H8, Period.D3},  # none of 8h; nobody has told where three days begin
)

DOUBTS: Final = (
    Doubt(
        Question.IDS,
        "trade ids of an instrument follow each other one by one in `trades-all`, and begin at 1 after a relisting",
        "74 recorded trades of 2022, a whole archive file, and a study by others",
    ),
    Doubt(
        Question.SUM,
        "a bar is the sum of its trades to the last digit, trades of retail price improvement among them",
        "one archived minute of 2023 in seven fields; that a bar counts those trades is documented since 2025-11",
    ),
    Doubt(Question.EMPTY, "it has a flat bar at the last close", "twenty minutes of one archived day, by others"),
    Doubt(Question.FIRST_PRICE, "a bar opens at its first trade", "one archived minute of 2023"),
    Doubt(Question.FINAL, "a bar is final as soon as its `confirm` says 1", "the documentation"),
    Doubt(
        Question.BAD_SYMBOL,
        "it is refused alone (60018, which names it), and the others of the command are served",
        "one answer for each argument in recorded messages",
        True,
    ),
    Doubt(Question.ROUTE, "`trades-all` is served at `/ws/v5/business` without a key", "the documentation"),
)
