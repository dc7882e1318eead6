"""The indicators worked out the plain way, from all closed bars and the current one."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from klagg_tui.engine.bar import Bar


def average(numbers: Sequence[float], length: int, share: float) -> list[float]:
    """The averages from the first one on."""
    if len(numbers) < length:
        return []
    found = [statistics.fmean(numbers[:length])]
    for number in numbers[length:]:
        found.append(found[-1] * (1 - share) + number * share)
    return found


def rsi(bars: Sequence[Bar], length: int) -> float | None:
    closes = [bar.close / 1e12 for bar in bars]
    changes = [after - before for before, after in itertools.pairwise(closes)]
    gains = average([max(change, 0) for change in changes], length, 1 / length)
    losses = average([max(-change, 0) for change in changes], length, 1 / length)
    if not gains or not gains[-1] + losses[-1]:
        return None
    return 100 * gains[-1] / (gains[-1] + losses[-1])


def natr(bars: Sequence[Bar], length: int) -> float | None:
    ranges = [
        max(bar.high, before.close) / 1e12 - min(bar.low, before.close) / 1e12
        for before, bar in itertools.pairwise(bars)
    ]
    found = average(ranges, length, 1 / length)
    return found[-1] / (bars[-1].close / 1e12) * 100 if found else None


def ema(bars: Sequence[Bar], length: int) -> float | None:
    found = average([bar.close / 1e12 for bar in bars], length, 2 / (length + 1))
    return found[-1] if found else None


def macd(bars: Sequence[Bar], fast: int, slow: int, signal: int) -> float | None:
    closes = [bar.close / 1e12 for bar in bars]
    slower = average(closes, slow, 2 / (slow + 1))
    faster = average(closes[slow - fast :], fast, 2 / (fast + 1))
    distances = [a - b for a, b in zip(faster, slower, strict=True)] if slower else []
    signals = average(distances, signal, 2 / (signal + 1))
    return (distances[-1] - signals[-1]) / closes[-1] * 100 if signals else None


def bb(bars: Sequence[Bar], length: int, deviations: float) -> float | None:
    closes = [bar.close / 1e12 for bar in bars[-length:]]
    if len(closes) < length or len(set(closes)) == 1:
        return None
    width = deviations * statistics.pstdev(closes)
    lower = statistics.fmean(closes) - width
    return (closes[-1] - lower) / (2 * width) * 100
