"""A market made by chance from a seed: decoded strings, as they come out of the JSON.

What is lifelike about it: few symbols have most of the trades, prices walk by ticks, sizes are mostly round and often
the same, so that about as many texts have been seen before as in the recorded data (77 % of prices, 86 % of sizes), and
an aggregate trade holds one fill or a few.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import TypeAlias

Told: TypeAlias = tuple[str, str, str, int, bool, int, int, int, int]
"""Symbol, price, quantity, traded_ms, is_buyer_maker, aggregate id, first and last trade id, event_ms."""

SYMBOLS = 500
TRADES_A_SECOND = 2_000
LEAD_MS = 10 * 60_000
MIDNIGHT_MS = 1_723_420_800_000
"""Monday 2024-08-12, 00:00 UTC: a minute's, an hour's, a day's and a week's end."""
FIRST_MS = MIDNIGHT_MS - LEAD_MS


class MadeMarket:
    """Hands out trades in the order an exchange sends them."""

    def __init__(self, seed: int = 1, symbols: int = SYMBOLS) -> None:
        self._chance = random.Random(seed)
        self.symbols = [f"S{number:03}USDT" for number in range(symbols)]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(symbols)))
        self._decimals = [self._chance.choice((1, 2, 3, 4, 5, 6)) for _ in self.symbols]
        self._prices = [self._chance.randint(20_000, 900_000) for _ in self.symbols]
        self._lots = [self._chance.choice((0, 1, 2, 3)) for _ in self.symbols]
        self._ids = [0] * symbols
        self._fills = [0] * symbols
        self._now = float(FIRST_MS)

    def chunk(self, size: int) -> list[Told]:
        """The next `size` trades."""
        return list(self._next(size))

    def _next(self, size: int) -> Iterator[Told]:
        chance = self._chance
        for place in chance.choices(range(len(self.symbols)), cum_weights=self._weights, k=size):
            self._now += chance.expovariate(TRADES_A_SECOND / 1000)
            now_ms = int(self._now)
            self._ids[place] += 1
            first = self._fills[place] + 1
            self._fills[place] = last = first + (0 if chance.random() < 0.53 else chance.randint(1, 6))
            yield (
                self.symbols[place],
                self._price(place),
                self._size(place),
                now_ms,
                chance.random() < 0.5,
                self._ids[place],
                first,
                last,
                now_ms + 5,
            )

    def _price(self, place: int) -> str:
        drawn = self._chance.random()
        if drawn < 0.55:
            reach = 1 if drawn < 0.33 else 80
            self._prices[place] = max(1, self._prices[place] + self._chance.randint(-reach, reach))
        return _text(self._prices[place], self._decimals[place])

    def _size(self, place: int) -> str:
        drawn = self._chance.random()
        if drawn < 0.6:
            lots = self._chance.choice((1, 2, 3, 5, 8, 10, 20, 50, 100, 200, 500))
        elif drawn < 0.85:
            lots = int(self._chance.paretovariate(0.9))
        else:
            lots = self._chance.randint(1, 60_000)
        return _text(lots, self._lots[place])


def _text(units: int, decimals: int) -> str:
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}}" if decimals else str(units)


def seen_before(texts: list[str]) -> float:
    """What share of texts came earlier."""
    return 1 - len(set(texts)) / len(texts)
