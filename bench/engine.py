"""The engine: processor time from decoded strings to bars, beside those who do the same, and who of them is exact."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from statistics import median

import orjson

from bench.contestants import PEERS, Contestant, Key, Klagg, Values
from bench.made_trades import SYMBOLS, MadeMarket, Told, seen_before
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS
from tests.oracle import Candle, Deal, candle_of, merged

TRADES = 2_000_000
ROUND = 100_000
BATCH = 1_000
"""Trades that are decoded at once: in life too a trade's texts are still warm from the parser when the engine gets them."""
SMALLER_BATCHES = (1, 10, 30, 100)
"""klagg reads prices together, so what it costs depends on how many trades come at once: in 20 ms of one connection some
ten at 2,000 a second, more than a hundred in a storm. The others take trade by trade."""
AIMS = {
    "nautilus_trader": 3,
    "cryptofeed": 8,
    "ccxt, each message": 15,
    "ccxt, twice a second": 15,
    "ccxt, once a round": 15,
}
"""How many times more each may cost at the least."""


def figures(trades: int = TRADES) -> list[tuple[str, str]]:
    """Name and text of each figure."""
    market = MadeMarket()
    ours = Klagg(market.symbols)
    found = [("engine: trades, symbols x periods", f"{trades:,}, {SYMBOLS} x {len(DEFAULT_PERIODS)}")]
    entered: list[Contestant] = [ours]
    for peer in PEERS:
        try:
            entered.append(peer(market.symbols))
        except ImportError as error:
            found.append((f"  {peer.name}", f"left out: {error}"))
    taken, oracle = _race(market, entered, trades)
    costs = {name: median(rounds) for name, rounds in taken.items()}
    for contestant in entered:
        found.append((f"  {contestant.name}", _cost(contestant.name, costs)))
    found += [(f"  klagg, {size} at once", f"{_alone(size):,.0f} ns a trade") for size in SMALLER_BATCHES]
    found += [(f"  {one.name}: bars exact", _exactness(one, oracle.ended())) for one in entered]
    found.append(("  klagg: exact in all nine fields", oracle.exactness_of(ours.ended)))
    return found


def _cost(name: str, costs: dict[str, float]) -> str:
    text = f"{costs[name]:,.0f} ns a trade"
    if name not in AIMS:
        return text
    times = costs[name] / costs[Klagg.name]
    return f"{text}, {times:.1f} times klagg (aim: {AIMS[name]})"


def _race(market: MadeMarket, entered: Sequence[Contestant], trades: int) -> tuple[dict[str, list[float]], Oracle]:
    """All take the same rounds of trades in turns; nanoseconds a trade, round by round."""
    taken: dict[str, list[float]] = {one.name: [] for one in entered}
    oracle = Oracle()
    for done in range(0, trades, ROUND):
        size = min(ROUND, trades - done)
        batches = [market.chunk(min(BATCH, size - begun)) for begun in range(0, size, BATCH)]
        for batch in batches:
            oracle.take(batch)
        texts = [orjson.dumps(batch) for batch in batches]
        for one in entered:
            gc.collect()
            gc.freeze()  # what the others keep must not be searched through on this one's account
            taken[one.name].append(_timed(one, texts) / size)
    return taken, oracle


def _alone(batch: int) -> float:
    """What klagg costs where so many trades come at once."""
    market = MadeMarket()
    one = Klagg(market.symbols)
    costs = []
    for _ in range(5):
        texts = [orjson.dumps(market.chunk(batch)) for _ in range(ROUND // batch)]
        gc.collect()
        gc.freeze()
        costs.append(_timed(one, texts) / (ROUND // batch * batch))
    return median(costs)


def _timed(one: Contestant, texts: Iterable[bytes]) -> int:
    spent = 0
    for text in texts:
        batch = orjson.loads(text)
        one.prepare(batch)
        began = time.thread_time_ns()
        one.take(batch)
        spent += time.thread_time_ns() - began
    began = time.thread_time_ns()
    one.finish()
    return spent + time.thread_time_ns() - began


class Oracle:
    """The bars in plain decimals, by the same code that the tests believe."""

    def __init__(self) -> None:
        self._deals: dict[tuple[str, int], list[Deal]] = {}
        self._minutes: dict[tuple[str, int], Candle] = {}
        self._now_ms = 0

    def take(self, trades: Iterable[Told]) -> None:
        """Note trades, and sum up the minutes that are over."""
        for symbol, price, quantity, traded_ms, is_maker, aggregate_id, first_id, last_id, _ in trades:
            deal = Deal(price, quantity, traded_ms, is_maker, aggregate_id, first_id, last_id)
            self._deals.setdefault((symbol, traded_ms - traded_ms % MINUTE_MS), []).append(deal)
            self._now_ms = max(self._now_ms, traded_ms)
        for key in [key for key in self._deals if key[1] + MINUTE_MS <= self._now_ms]:
            self._minutes[key] = candle_of(self._deals.pop(key))

    def candles(self) -> dict[Key, Candle]:
        """Every ended bar in which something was traded."""
        children: dict[Key, list[Candle]] = {}
        for (symbol, minute_ms), candle in sorted(self._minutes.items()):
            for period in DEFAULT_PERIODS:
                open_ms = period.open_ms(minute_ms)
                if period.end_ms(open_ms) <= self._now_ms:
                    children.setdefault((symbol, period, open_ms), []).append(candle)
        return {key: merged(rows) for key, rows in children.items()}

    def ended(self) -> dict[Key, Values]:
        """The same, in what every contestant tells."""
        return {key: one[:5] for key, one in self.candles().items()}

    def exactness_of(self, bars: dict[Key, Bar]) -> str:
        """How many of our bars equal the oracle's in every field."""
        wanted = self.candles()
        equal = sum(key in bars and _candle(bars[key]) == one for key, one in wanted.items())
        return f"{equal:,} of {len(wanted):,}"


def _exactness(contestant: Contestant, wanted: dict[Key, Values]) -> str:
    made = contestant.bars()
    equal = sum(made.get(key) == values for key, values in wanted.items())
    return f"{equal:,} of {len(wanted):,} in open, high, low, close, volume"


def _candle(bar: Bar) -> Candle:
    return Candle(
        *map(exact.price_as_decimal, bar[3:7]),
        exact.quantity_as_decimal(bar.volume),
        exact.turnover_as_decimal(bar.turnover),
        bar.trade_count,
        exact.quantity_as_decimal(bar.taker_buy_volume),
        exact.turnover_as_decimal(bar.taker_buy_turnover),
    )


def lifelike(trades: int = ROUND) -> tuple[float, float]:
    """What share of price and of size texts were seen before: 0.77 and 0.86 in the recorded data."""
    rows = MadeMarket().chunk(trades)
    return seen_before([row[1] for row in rows]), seen_before([row[2] for row in rows])
