"""The choice of exact numbers, measured the whole way: text, bar, disk, text; integers beside `Decimal`.

Both ways are exact: `Decimal` under a context that traps every rounding. The bar is the same few lines in both, and the
disk is SQLite in memory with the layout each way is best stored in: integers of known decimals, or texts.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, Inexact, Rounded, localcontext
from statistics import median
from typing import Any

from bench.made_trades import MadeMarket
from klagg_tui.engine import exact, parsing

TRADES = 100_000
TRADES_A_BAR = 20
GULP = 100
"""Trades that are read at once."""
ROUNDS = 7
COLUMNS = "open, high, low, close, volume, turnover, bought, paid"
STRICT = Context(prec=60, traps=[Inexact, Rounded])


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    rows = MadeMarket().chunk(TRADES)
    # Of all symbols, as they come.
    texts = [(price, quantity, is_maker) for _, price, quantity, _, is_maker, *_ in rows]
    decimals = tuple(max(len(row[place].partition(".")[2]) for row in texts) for place in (0, 1))
    ways = {"integers": Integers(*decimals), "Decimal": Decimals()}
    spent: dict[str, list[list[float]]] = {name: [] for name in ways}
    told: dict[str, list[tuple[str, ...]]] = {}
    sizes: dict[str, int] = {}
    with localcontext(STRICT):
        for _ in range(ROUNDS):
            for name, way in ways.items():
                gc.collect()
                steps, told[name], sizes[name] = _once(way, texts)
                spent[name].append(steps)
    found = []
    for name, rounds in spent.items():
        bar, disk, back = (median(step) for step in zip(*rounds, strict=True))
        found.append(
            (
                f"{name}: text to bar, bar to disk, disk to text",
                f"{bar:,.0f} ns a trade, {disk:,.0f} and {back:,.0f} ns a bar, {sizes[name]} bytes a bar",
            )
        )
    found.append(("both say the same", "yes" if _values(told["integers"]) == _values(told["Decimal"]) else "NO"))
    return found


class Integers:
    """As in `klagg_tui.engine.exact`; on disk with the decimals of the symbol."""

    zero: Any = 0

    @staticmethod
    def read(prices: Sequence[str], quantities: Sequence[str]) -> tuple[list[exact.Exact], list[exact.Exact]]:
        """As where every trade passes."""
        return parsing.prices(prices), [parsing.cached(text) or parsing.parse_cached(text) for text in quantities]

    def __init__(self, price_decimals: int, quantity_decimals: int) -> None:
        self._price, self._quantity = price_decimals, quantity_decimals

    def stored(self, bar: list[Any]) -> list[Any]:
        price, quantity, paid = self._price, self._quantity, self._price + self._quantity
        ones = exact.price_unpacked(1, price), exact.quantity_unpacked(1, quantity), exact.turnover_unpacked(1, paid)
        one_price, one_quantity, one_paid = ones
        return [
            *(value // one_price for value in bar[:4]),
            bar[4] // one_quantity,
            bar[5] // one_paid,
            bar[6] // one_quantity,
            bar[7] // one_paid,
        ]

    def told(self, row: tuple[Any, ...]) -> tuple[str, ...]:
        price, quantity, paid = self._price, self._quantity, self._price + self._quantity
        return (
            *(exact.price_text(exact.price_unpacked(value, price), price) for value in row[:4]),
            exact.quantity_text(exact.quantity_unpacked(row[4], quantity), quantity),
            exact.turnover_text(exact.turnover_unpacked(row[5], paid), paid),
            exact.quantity_text(exact.quantity_unpacked(row[6], quantity), quantity),
            exact.turnover_text(exact.turnover_unpacked(row[7], paid), paid),
        )


class Decimals:
    """`Decimal` from end to end; on disk as text, which is the only exact column for it."""

    zero: Any = Decimal(0)

    @staticmethod
    def read(prices: Sequence[str], quantities: Sequence[str]) -> tuple[list[Decimal], list[Decimal]]:
        return list(map(Decimal, prices)), list(map(Decimal, quantities))

    def stored(self, bar: list[Any]) -> list[Any]:
        return [str(value) for value in bar]

    def told(self, row: tuple[Any, ...]) -> tuple[str, ...]:
        return tuple(format(Decimal(text), "f") for text in row)


def _once(
    way: Integers | Decimals, texts: list[tuple[str, str, bool]]
) -> tuple[list[float], list[tuple[str, ...]], int]:
    began = time.thread_time_ns()
    bars = _bars(way, texts)
    made = time.thread_time_ns()
    disk = sqlite3.connect(":memory:")
    disk.execute(f"CREATE TABLE bars (id INTEGER PRIMARY KEY, {COLUMNS})")
    disk.executemany(f"INSERT INTO bars ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(way.stored, bars))
    disk.commit()
    written = time.thread_time_ns()
    told = [way.told(row) for row in disk.execute(f"SELECT {COLUMNS} FROM bars ORDER BY id")]
    read = time.thread_time_ns()
    (size,) = disk.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
    disk.close()
    return (
        [(made - began) / len(texts), (written - made) / len(bars), (read - written) / len(bars)],
        told,
        size // len(bars),
    )


def _bars(way: Integers | Decimals, texts: list[tuple[str, str, bool]]) -> list[list[Any]]:
    bars = []
    for begun in range(0, len(texts), GULP):
        gulp = texts[begun : begun + GULP]
        prices, quantities = way.read([price for price, _, _ in gulp], [quantity for _, quantity, _ in gulp])
        trades = list(zip(prices, quantities, [is_maker for _, _, is_maker in gulp], strict=True))
        bars += [_bar(way.zero, trades[at : at + TRADES_A_BAR]) for at in range(0, len(trades), TRADES_A_BAR)]
    return bars


def _bar(zero: Any, trades: Iterable[tuple[Any, Any, bool]]) -> list[Any]:
    opened = high = low = close = None
    volume = turnover = bought = spent = zero
    for close, quantity, is_maker in trades:
        if opened is None:
            opened = high = low = close
        elif close > high:
            high = close
        elif close < low:
            low = close
        paid = close * quantity
        volume += quantity
        turnover += paid
        if not is_maker:
            bought += quantity
            spent += paid
    return [opened, high, low, close, volume, turnover, bought, spent]


def _values(told: Iterable[tuple[str, ...]]) -> list[tuple[Decimal, ...]]:
    return [tuple(map(Decimal, row)) for row in told]
