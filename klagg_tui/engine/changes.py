"""What changed, and the one way to lay newer changes over older ones.

`Changes` goes from the engine to the store, the screen and the push server; whoever gathers several before passing them
on lays them over each other in an `Overlay` or a `ChangeBuffer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, Protocol, TypeVar

from klagg_tui.engine.bar import Bar, BarKey, SeriesKey
from klagg_tui.engine.spans import Span, SpanKey


class Changes(NamedTuple):
    """What changed since a reader asked last: each bar once, in its newest state."""

    current: tuple[Bar, ...] = ()
    """The bar under way of each symbol touched, all periods."""
    ended: tuple[Bar, ...] = ()
    """Bars whose time is over, all periods, oldest first within a symbol and period."""
    spans: tuple[Span, ...] = ()
    """Runs of ids that grew or ended (store only)."""

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.current or self.ended or self.spans)


class Keyed(Protocol):
    """A bar, or what stands for one."""

    @property
    def key(self) -> BarKey:
        """See `Bar.key`."""
        ...

    @property
    def series(self) -> SeriesKey:
        """See `Bar.series`."""
        ...

    @property
    def open_ms(self) -> int:
        """When it opened."""
        ...


Entry = TypeVar("Entry", bound=Keyed)


class Overlay(Generic[Entry]):
    """Bars laid over each other: each once, in its newest state. Once a bar has ended it is no current one."""

    def __init__(self) -> None:
        self.current: dict[SeriesKey, Entry] = {}
        self.ended: dict[BarKey, Entry] = {}

    def __len__(self) -> int:
        return len(self.current) + len(self.ended)

    def add(self, current: Iterable[Entry], ended: Iterable[Entry]) -> None:
        """Lay newer states over what is there."""
        self.current.update((bar.series, bar) for bar in current)
        for bar in ended:
            self.ended[bar.key] = bar
            series = bar.series
            known = self.current.get(series)
            if known is not None and known.open_ms <= bar.open_ms:
                del self.current[series]

    def keep(self, is_wanted: Callable[[Entry], bool]) -> None:
        """Forget all but these."""
        self.current = {series: bar for series, bar in self.current.items() if is_wanted(bar)}
        self.ended = {key: bar for key, bar in self.ended.items() if is_wanted(bar)}

    def clear(self) -> None:
        """Forget all of them."""
        self.current.clear()
        self.ended.clear()


class ChangeBuffer:
    """Changes laid over each other: each bar and each run of ids once, in its newest state."""

    def __init__(self) -> None:
        self._bars: Overlay[Bar] = Overlay()
        self._spans: dict[SpanKey, Span] = {}

    def __len__(self) -> int:
        """How many bars there are."""
        return len(self._bars)

    def __bool__(self) -> bool:
        return bool(self._bars or self._spans)

    @property
    def has_ended(self) -> bool:
        """Whether there is any bar that is over."""
        return bool(self._bars.ended)

    @property
    def ended(self) -> Iterable[Bar]:
        """The bars that are over."""
        return self._bars.ended.values()

    def add(self, changes: Changes) -> None:
        """Lay newer changes over what is there."""
        self._bars.add(changes.current, changes.ended)
        self._spans.update((span.key, span) for span in changes.spans)

    def changes(self) -> Changes:
        """All of it as one."""
        bars = self._bars
        return Changes(tuple(bars.current.values()), tuple(bars.ended.values()), tuple(self._spans.values()))

    def clear(self) -> None:
        """Forget all of it: it was passed on."""
        self._bars.clear()
        self._spans.clear()
