"""All symbols' figures: which are in use, the minutes and bars that feed them, and which history they still want.

Pure: bars, stored columns and the market's time come as arguments. One owner, the thread that draws or watches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.view.screener.day import Day
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.history import erase, fill
from klagg_tui.view.screener.longer import ladder, wanted
from klagg_tui.view.screener.peers import Listed, Peers
from klagg_tui.view.screener.recipes import Bars, look_of, make
from klagg_tui.view.screener.series import Series
from klagg_tui.view.screener.symbol import SymbolFigures
from klagg_tui.view.screener.tape import SOURCES, Tape


class Need(NamedTuple):
    """Stored bars that figures want: those of one symbol and period that open from one time to before another."""

    symbol: str
    period: Period
    fields: tuple[str, ...]
    """Some of `COLUMN_FIELDS`."""
    from_ms: int
    to_ms: int
    is_anew: bool = False
    """Whether the store holds something else there than before: what it does not have is not known any more."""


class Screener:
    """The figures of all symbols. `bars_of` gives a symbol's current bars by `Period.ordinal`."""

    def __init__(self, bars_of: Callable[[str], Sequence[Bar | None]]) -> None:
        self.now_ms = 0
        """The market's time: that of its newest trade."""
        self.calls: frozenset[FigureCall] = frozenset()
        """In use."""
        self.asked = 0
        """Grows whenever `needs` may have become others."""
        self._bars_of = bars_of
        self._figures: dict[str, SymbolFigures] = {}
        self._lengths: dict[str, int] = {}
        self._bars: dict[Period, Bars] = {}
        self._ladder: tuple[Period, ...] = ()
        self._longer: dict[Period, dict[str, int]] = {}
        """Bars that stand in for minutes, by period and field of the tape."""
        self._anew: dict[tuple[str, Period], tuple[int, int]] = {}
        """Stretches that the store holds anew, by symbol and period."""
        self._peers = Peers(bars_of)
        self._peers_minute = 0
        """When the peers are to be looked at again."""

    @property
    def followed(self) -> Collection[SymbolFigures]:
        """Of all symbols."""
        return self._figures.values()

    def peers_as_of_now(self, bars_of: Callable[[str], Sequence[Bar | None]]) -> Peers:
        """Which BTC markets symbols are held against."""
        return self._peers.copy(bars_of)

    def use(self, calls: Collection[FigureCall], kept: Collection[Period] = ()) -> bool:
        """Compute exactly these from now on; whether that is news. `kept`: periods whose bars there are."""
        wanted_calls, longer = frozenset(calls), ladder(kept)
        if (wanted_calls, longer) == (self.calls, self._ladder):
            return False
        self.calls, self._ladder = wanted_calls, longer
        self.asked += 1
        looks = [look_of(call) for call in sorted(wanted_calls, key=str)]
        self._lengths = {}
        for field, minutes in (item for look in looks for item in look.minutes.items()):
            self._lengths[field] = max(minutes, self._lengths.get(field, 0))
        self._bars = _joined(bars for look in looks if (bars := look.bars))
        self._longer = wanted(self._lengths, longer)
        for figures in self._figures.values():
            self._lay_out(figures)
        self._peers.choose()
        for figures in self._figures.values():
            self._begin(figures)
        return True

    def add(self, symbol: str) -> SymbolFigures:
        """Follow a symbol; returns what `Row.figures` is."""
        figures = self._figures.get(symbol)
        if figures is None:
            figures = self._figures[symbol] = SymbolFigures(symbol, lambda: self.now_ms)
            self.asked += 1
            self._lay_out(figures)
            self._begin(figures)
        return figures

    def drop(self, symbol: str) -> None:
        """Forget a symbol."""
        figures = self._figures.pop(symbol, None)
        if figures is not None:
            figures.unlisten()
            self._peers.forget(symbol)
            self._look_at_peers()

    def learn(
        self, symbol: str, listed: Listed, *, is_inverse: bool = False, listed_ms: int = 0, traded_by_ms: int = 0
    ) -> None:
        """Take in what the listing says of a symbol that is followed: see `InstrumentFacts`."""
        figures = self._figures.get(symbol)
        if figures is None:
            return
        is_news = self._peers.learn(symbol, listed)
        figures.listing.learn(listed_ms, traded_by_ms)
        if figures.is_inverse is not is_inverse:
            figures.is_inverse = is_inverse
            self._begin(figures)
        if is_news:
            self._peers_minute = 0  # looked at with the next minute: at a start hundreds are learned at once

    def take(self, bars: Iterable[Bar]) -> None:
        """Bars that are over, in any order: the newest minute, late and amended ones, older ones."""
        if not self.calls:
            return
        if self.now_ms // MINUTE_MS >= self._peers_minute:
            self._look_at_peers()
        figures_of, series, longer = self._figures, self._bars, self._longer
        for bar in bars:
            figures = figures_of.get(bar[0])
            if figures is None:
                continue
            figures.listing.note_bar(bar[1], bar[2])
            if bar[1] is _MINUTE:
                figures.tape.take(bar)
            if bar[1] in series:
                figures.series[bar[1]].take(bar)
            if bar[1] in longer:
                figures.longer[bar[1]].take(bar)

    def take_told(self, minutes: Iterable[DerivativeMinute]) -> set[str]:
        """What is told of contracts beside trades; returns the symbols of which a figure in use changes by it."""
        touched = set()
        for minute in minutes:
            figures = self._figures.get(minute.symbol)
            if figures is not None:
                figures.contract.take(minute)
                touched.add(minute.symbol)
        return touched if any(call.figure.is_told for call in self.calls) else set()

    def note_day(self, symbol: str, day: Day) -> None:
        """The last 24 hours in the exchange's words: figures over a day are read from it until our own minutes cover them."""
        figures = self._figures.get(symbol)
        if figures is not None:
            figures.told.day = day

    def note_stored(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> None:
        """The store holds something else there than before: `needs` will ask for what is looked at of it."""
        if symbol in self._figures:
            self._figures[symbol].listing.note_bar(period, from_ms)
        first_ms, last_ms = self._anew.get((symbol, period), (from_ms, to_ms))
        self._anew[symbol, period] = min(from_ms, first_ms), max(to_ms, last_ms)
        self.asked += 1

    def needs(self) -> list[Need]:
        """The stored bars that are wanted, to be read and given to `seed` one by one before this is asked again.

        What was not looked for yet is told until it was seeded, what is stored anew once.
        """
        now_ms = self.now_ms - self.now_ms % MINUTE_MS
        if not now_ms:
            return []
        anew, self._anew = self._anew, {}
        found = [need for (symbol, period), stretch in anew.items() for need in self.needs_in(symbol, period, *stretch)]
        for symbol, figures in self._figures.items():
            unsought = (
                wanted
                for key, wanted in self._wanted(symbol, now_ms)
                if wanted.from_ms < figures.sought.get(key, now_ms)
            )
            found += _grouped(unsought)
        return found

    def needs_in(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> list[Need]:
        """What is wanted of a stretch of which the store holds something else than before; to be given to `seed` too."""
        if symbol not in self._figures:
            return []
        clipped = (
            wanted._replace(from_ms=max(from_ms, wanted.from_ms), to_ms=to_ms, is_anew=True)
            for _, wanted in self._wanted(symbol, self.now_ms)
            if wanted.period is period
        )
        return _grouped(need for need in clipped if need.from_ms < need.to_ms)

    def seed(self, need: Need, columns: BarColumns) -> bool:
        """The stored bars that were wanted, perhaps none; whether that changes a figure."""
        figures = self._figures.get(need.symbol)
        if figures is None:
            return False
        sought, changed, fields = figures.sought, False, set(need.fields)
        if need.period in self._bars and fields.issuperset(_columns_of(self._bars[need.period])):
            sought[need.period] = min(need.from_ms, sought.get(need.period, need.from_ms))
            series = figures.series[need.period]
            if need.is_anew:
                series.erase(need.from_ms, need.to_ms)
            changed = series.fill(columns)
        if need.period is _MINUTE:
            read = [field for field in self._lengths if fields.issuperset(SOURCES[field])]
            sought.update({field: min(need.from_ms, sought.get(field, need.from_ms)) for field in read})
            if need.is_anew:
                erase(figures.tape, read, need.from_ms, need.to_ms)
            changed = fill(figures.tape, columns) or changed
        if need.period in self._longer:
            tape = figures.longer[need.period]
            read = [field for field in self._longer[need.period] if fields.issuperset(SOURCES[field])]
            keys = [_key(need.period, field) for field in read]
            sought.update({key: min(need.from_ms, sought.get(key, need.from_ms)) for key in keys})
            if need.is_anew:
                erase(tape, read, need.from_ms, need.to_ms)
            changed = fill(tape, columns) or changed
        if changed or need.is_anew:
            figures.recheck()
        return changed or need.is_anew

    def _wanted(self, symbol: str, now_ms: int) -> Iterator[tuple[str | Period, Need]]:
        """All that the figures in use look at, by the field of the tape or the period; what is few bars and reaches far first."""
        for period, fields in self._longer.items():
            for field, count in fields.items():
                from_ms = period.open_ms(now_ms - count * period.nominal_ms)
                yield _key(period, field), Need(symbol, period, SOURCES[field], from_ms, now_ms)
        for field, minutes in self._lengths.items():
            yield field, Need(symbol, _MINUTE, SOURCES[field], now_ms - minutes * MINUTE_MS, now_ms)
        for period, bars in self._bars.items():
            yield period, Need(symbol, period, _columns_of(bars), now_ms - bars.wanted * period.nominal_ms, now_ms)

    def _lay_out(self, figures: SymbolFigures) -> None:
        """Have room for what is looked at, and for nothing else."""
        figures.tape.fit(self._lengths)
        for period, bars in self._bars.items():
            series = figures.series.setdefault(period, Series(period))
            if series.fit(bars.wanted, has_reach=bars.has_reach):
                figures.begin_anew(series)
        for gone in figures.series.keys() - self._bars.keys():
            del figures.series[gone]
        figures.longer = {period: figures.longer.get(period) or Tape(period) for period in self._longer}
        for period, fields in self._longer.items():
            figures.longer[period].fit(fields)
        longer = {_key(period, field) for period, fields in self._longer.items() for field in fields}
        for key in figures.sought.keys() - self._lengths.keys() - self._bars.keys() - longer:
            del figures.sought[key]

    def _begin(self, figures: SymbolFigures) -> None:
        """Count and read what is in use."""
        peer = self._peers.of(figures.symbol)
        figures.peer = self._figures.get(peer) if peer is not None else None
        if peer is not None:
            figures.peer_bar = lambda: self._bars_of(peer)[0]
        figures.use(self.calls, make)

    def _look_at_peers(self) -> None:
        """Hold each symbol against the BTC market that trades most now."""
        self._peers_minute = self.now_ms // MINUTE_MS + _PEERS_MINUTES
        self._peers.choose()
        for symbol, figures in self._figures.items():
            peer = self._peers.of(symbol)
            if peer != (None if figures.peer is None else figures.peer.symbol):
                self._begin(figures)


def _key(period: Period, field: str) -> str:
    """Under which it is noted how far back a field of longer bars was looked for."""
    return f"{field} {period}"


def _columns_of(bars: Bars) -> tuple[str, ...]:
    return ("close", "high", "low") if bars.has_reach else ("close",)


def _joined(looks: Iterable[Bars]) -> dict[Period, Bars]:
    """What all indicators together look at, by period."""
    found: dict[Period, Bars] = {}
    for bars in looks:
        other = found.get(bars.period, bars)
        found[bars.period] = Bars(bars.period, max(bars.wanted, other.wanted), bars.has_reach or other.has_reach)
    return found


def _grouped(needs: Iterable[Need]) -> list[Need]:
    """Those of the same bars as one."""
    fields: dict[Need, dict[str, None]] = defaultdict(dict)
    for need in needs:
        fields[need._replace(fields=())].update(dict.fromkeys(need.fields))
    return [need._replace(fields=tuple(names)) for need, names in fields.items()]


_MINUTE: Final = Period.M1
_PEERS_MINUTES: Final = 60
"""How often it is looked again which BTC market trades most."""
