"""Klines that were written once as the exchange answers them, for a market of many symbols that is asked for everything at once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from klagg_tui.simulator.market.spans import Span


class KeptRows:
    """One series: rows of klines that are over, without a hole between them, in one text.

    Half a gigabyte of small texts for what 600 symbols have is less than half of that in one text for each series.
    """

    def __init__(self, rows: Iterable[tuple[Span, bytes]]) -> None:
        """`rows`: in order."""
        self._opens, self._ends = array("q"), array("q", [-1])
        text = bytearray()
        for span, row in rows:
            text += row + b","
            self._opens.append(span.open_minute)
            self._ends.append(len(text) - 1)
        self._text = bytes(text)

    def rows(self, spans: Sequence[Span], make: Callable[[Span], bytes]) -> bytes:
        """The rows of klines in a row, with commas between them; those that are not kept are made."""
        return b",".join(self._pieces(spans, make))

    def _pieces(self, spans: Sequence[Span], make: Callable[[Span], bytes]) -> Iterator[bytes]:
        before = [span for span in spans if not self._opens or span.open_minute < self._opens[0]]
        behind = [span for span in spans if self._opens and span.open_minute > self._opens[-1]]
        yield from map(make, before)
        if kept := spans[len(before) : len(spans) - len(behind)]:
            first, last = (bisect_left(self._opens, span.open_minute) for span in (kept[0], kept[-1]))
            yield self._text[self._ends[first] + 1 : self._ends[last + 1]]
        yield from map(make, behind)
