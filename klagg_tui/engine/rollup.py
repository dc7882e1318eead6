"""The larger bars of one symbol, made from its 1m bars.

A trade never touches them. Each ended minute is added to the ended part of every larger bar; asked for a current bar,
that part and the forming minute are merged. Ended minutes are held for a while, because late trades and the exchange's
own bars still change them; what every larger bar had before the oldest held minute is kept as its base, so that it can
be made again from base and held minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce

from klagg_tui.engine.bar import Bar, State, empty_bar, merge
from klagg_tui.engine.held import HeldMinutes
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import LONGEST_REST_MS


class RollUp:
    """Larger bars of one symbol. `periods` are those above 1m, short to long."""

    __slots__ = ("_anchor", "_bases", "_ends", "_held_limit", "_parts", "_symbol", "held", "periods")

    def __init__(self, symbol: str, periods: tuple[Period, ...], anchor: int, held_minutes: int) -> None:
        self.periods = periods
        self.held = HeldMinutes(symbol)
        self._symbol = symbol
        self._anchor = anchor
        self._held_limit = held_minutes
        self._bases: list[dict[int, Bar]] = [{} for _ in periods]
        self._parts: list[Bar | None] = [None] * len(periods)
        self._ends: list[int] = [0] * len(periods)

    def begin(self, minute_ms: int, bars: Iterable[Bar], listed_ms: int) -> None:
        """Start at a minute, standing on ended bars of any periods; nothing is missing before `listed_ms`."""
        cover = BarCover(bars)
        run = cover.minutes_before(minute_ms, self._held_limit)
        held_from = self._held_from(run, minute_ms, cover, listed_ms)
        held = [bar for bar in run if bar.open_ms >= held_from]
        self.held = HeldMinutes(self._symbol, held)
        for place, period in enumerate(self.periods):
            open_ms = period.open_ms(minute_ms, self._anchor)
            self._ends[place] = period.end_ms(open_ms)
            self._bases[place] = self._bases_of(period, held_from, minute_ms, cover, listed_ms)
            pieces = self._pieces(place, open_ms, held)
            self._parts[place] = roll_up(pieces, period, open_ms) if pieces else None

    def stand_on(self, bars: Iterable[Bar], minute_ms: int, listed_ms: int) -> None:
        """Put earlier bars before the held minutes, unless a larger bar under way would be less whole than it is."""
        earlier = [
            bar
            for bar in bars
            if bar.end_ms <= minute_ms and (bar.period is not Period.M1 or bar.open_ms not in self.held)
        ]
        made = RollUp(self._symbol, self.periods, self._anchor, self._held_limit)
        made.begin(minute_ms, [*earlier, *self.held], listed_ms)
        if made._lacking(minute_ms) <= self._lacking(minute_ms):
            self.held, self._bases, self._parts, self._ends = made.held, made._bases, made._parts, made._ends

    def lacks_before(self, minute_ms: int) -> int | None:
        """Where the held minutes begin that reach up to a forming minute, if something of its larger bars is missing before."""
        if not self._lacking(minute_ms):
            return None
        while minute_ms - MINUTE_MS in self.held:
            minute_ms -= MINUTE_MS
        return minute_ms

    def absorb(self, minute: Bar) -> list[Bar]:
        """Add an ended minute; returns the larger bars that end with it."""
        ended = []
        for place, period in enumerate(self.periods):
            part = self._parts[place]
            if part is None:
                open_ms = period.open_ms(minute.open_ms, self._anchor)
                self._ends[place] = period.end_ms(open_ms)
                part = relabelled(minute, period, open_ms)
            else:
                part = merge(part, minute)
            self._parts[place] = part
            if self._ends[place] == minute.open_ms + MINUTE_MS:
                ended.append(part)
                self._parts[place] = None
        self._hold(minute)
        return ended

    def jump(self, minute_ms: int) -> list[Bar]:
        """Go on at a later minute with trades missing in between; returns the larger bars that this leaves behind."""
        left = []
        for place, period in enumerate(self.periods):
            part = self._parts[place]
            if part is not None and self._ends[place] <= minute_ms:
                self._mark_gap(place, part.open_ms)
                left.append(part._replace(state=State.PARTIAL))
                self._parts[place] = None
            open_ms = period.open_ms(minute_ms, self._anchor)
            if open_ms < minute_ms:
                self._ends[place] = period.end_ms(open_ms)
                self._mark_gap(place, open_ms)
        return left

    def replace(self, minutes: Iterable[Bar], forming_ms: int) -> list[Bar]:
        """Put changed minutes in the place of held ones; returns the ended larger bars that change with them."""
        opens = set()
        for minute in minutes:
            self.held.put(minute)
            opens.add(minute.open_ms)
        held = [*self.held]
        changed = []
        for place, period in enumerate(self.periods):
            for open_ms in sorted({period.open_ms(at_ms, self._anchor) for at_ms in opens}):
                bar = roll_up(self._pieces(place, open_ms, held), period, open_ms)
                if open_ms == period.open_ms(forming_ms, self._anchor):
                    self._parts[place] = bar
                else:
                    changed.append(bar)
        return changed

    def skip(self, minute_ms: int) -> None:
        """Go on at a later minute with nothing traded in between and no price known: larger bars passed are none."""
        for place, end_ms in enumerate(self._ends):
            if end_ms <= minute_ms:
                self._parts[place] = None

    def current(self, forming: Bar, wanted: Collection[Period]) -> list[Bar]:
        """The current larger bars of the wanted periods, the forming minute included."""
        bars = []
        for place, period in enumerate(self.periods):
            if period not in wanted:
                continue
            part = self._parts[place]
            if part is None:
                bars.append(relabelled(forming, period, period.open_ms(forming.open_ms, self._anchor)))
            else:
                bars.append(merge(part, forming))
        return bars

    def before(self, forming_ms: int, wanted: Collection[Period]) -> list[Bar]:
        """What the current larger bars of the wanted periods had before the forming minute: merged with that they are those of `current`.

        The same bars again until a minute ends or changes.
        """
        return [
            part or empty_bar(self._symbol, period, period.open_ms(forming_ms, self._anchor), 0, State.CONFIRMED)
            for part, period in zip(self._parts, self.periods, strict=True)
            if period in wanted
        ]

    def _hold(self, minute: Bar) -> None:
        self.held.put(minute)
        while len(self.held) > self._held_limit and not self._is_awaited():
            self._let_go(self.held.pop_oldest())

    def _is_awaited(self) -> bool:
        """Whether the oldest held minute may still turn out to have been quiet: the next trade settles it."""
        is_open = self.held.oldest_state is State.FORMING
        return is_open and len(self.held) <= self._held_limit + LONGEST_REST_MS // MINUTE_MS

    def _let_go(self, minute: Bar) -> None:
        """Move the oldest held minute into the bases, and drop the bases that nothing can change any more."""
        held_from = self.held.oldest_ms
        for period, bases in zip(self.periods, self._bases, strict=True):
            open_ms = period.open_ms(minute.open_ms, self._anchor)
            base = bases.get(open_ms)
            bases[open_ms] = merge(base, minute) if base else relabelled(minute, period, open_ms)
            for old_ms in [old_ms for old_ms in bases if period.end_ms(old_ms) <= held_from]:
                del bases[old_ms]

    def _held_from(self, run: list[Bar], minute_ms: int, cover: BarCover, listed_ms: int) -> int:
        """Where to begin holding minutes: late enough for the forming bars to stand on what is there before them.

        A whole hour may be there as one bar, and its first minutes not: then none of its minutes can be held.
        """
        opens = [(period, period.open_ms(minute_ms, self._anchor)) for period in self.periods]

        def is_covered(from_ms: int) -> bool:
            bases = (
                cover.cover(self._symbol, period, open_ms, from_ms, listed_ms)
                for period, open_ms in opens
                if open_ms < from_ms
            )
            return all(base is None or base.state is not State.PARTIAL for base in bases)

        first_ms = run[0].open_ms if run else minute_ms
        hours = [bar.open_ms for bar in run[1:] if Period.H1.is_on_grid(bar.open_ms)]
        return next((at_ms for at_ms in (first_ms, *hours, minute_ms) if is_covered(at_ms)), first_ms)

    def _bases_of(
        self, period: Period, held_from: int, minute_ms: int, cover: BarCover, listed_ms: int
    ) -> dict[int, Bar]:
        """What the bars that reach into the held minutes had before it."""
        bases = {}
        for at_ms in {period.open_ms(held_from, self._anchor), period.open_ms(minute_ms, self._anchor)}:
            if at_ms < held_from:
                base = cover.cover(self._symbol, period, at_ms, held_from, listed_ms)
                if base is not None:
                    bases[at_ms] = base
        return bases

    def _mark_gap(self, place: int, open_ms: int) -> None:
        """Trades are missing in the larger bar that opened at `open_ms`: it can only be partial now."""
        period = self.periods[place]
        missing = empty_bar(self._symbol, period, open_ms, 0, State.PARTIAL)
        bases, part = self._bases[place], self._parts[place]
        bases[open_ms] = merge(missing, bases[open_ms]) if open_ms in bases else missing
        self._parts[place] = merge(missing, part) if part else missing

    def _lacking(self, minute_ms: int) -> set[Period]:
        """Of which periods the bar under way lacks something before the held minutes."""
        return {
            period
            for period, bases in zip(self.periods, self._bases, strict=True)
            for open_ms, base in bases.items()
            if base.state is State.PARTIAL and open_ms == period.open_ms(minute_ms, self._anchor)
        }

    def _pieces(self, place: int, open_ms: int, held: Iterable[Bar]) -> list[Bar]:
        """What is there of the ended part of the larger bar that opened at `open_ms`."""
        end_ms = self.periods[place].end_ms(open_ms)
        base = self._bases[place].get(open_ms)
        minutes = [bar for bar in held if open_ms <= bar.open_ms < end_ms]
        return [base, *minutes] if base else minutes


class BarCover:
    """Ended bars of one symbol in several periods."""

    def __init__(self, bars: Iterable[Bar]) -> None:
        self._by_open: dict[int, list[Bar]] = {}
        for bar in sorted(bars, key=lambda bar: (bar.open_ms, -bar.period.ordinal)):
            self._by_open.setdefault(bar.open_ms, []).append(bar)

    def minutes_before(self, minute_ms: int, count: int) -> list[Bar]:
        """The unbroken run of at most `count` 1m bars that ends at `minute_ms`, oldest first."""
        run: list[Bar] = []
        at_ms = minute_ms - MINUTE_MS
        while len(run) < count and (bar := self._minute_at(at_ms)):
            run.append(bar)
            at_ms -= MINUTE_MS
        return run[::-1]

    def reached_ms(self, from_ms: int, to_ms: int) -> int:
        """Up to when bars cover what is from one time to another."""
        while from_ms < to_ms and (bar := self._longest_at(from_ms, to_ms)):
            from_ms = bar.end_ms
        return from_ms

    def cover(self, symbol: str, period: Period, from_ms: int, to_ms: int, listed_ms: int) -> Bar | None:
        """The stretch as the beginning of one bar of `period`, always taking the longest bar that fits.

        Stretches that no bar covers make it partial, unless they lie before the symbol was listed (`listed_ms`, 0 where
        that is unknown) and before every bar: earlier bars are of another contract that had the name, and its end is not
        known here. None where there is nothing to say.
        """
        opening = empty_bar(symbol, period, from_ms, 0, State.CONFIRMED)
        whole: Bar | None = None
        at_ms = from_ms
        while at_ms < to_ms:
            bar = self._longest_at(at_ms, to_ms)
            if bar is not None:
                whole = merge(whole or opening, bar)
                at_ms = bar.end_ms
                continue
            next_ms = min((open_ms for open_ms in self._by_open if at_ms < open_ms < to_ms), default=to_ms)
            if next_ms > listed_ms or whole is not None:
                whole = merge(whole or opening, empty_bar(symbol, period, at_ms, 0, State.PARTIAL))
            at_ms = next_ms
        return whole

    def _longest_at(self, at_ms: int, to_ms: int) -> Bar | None:
        return next((bar for bar in self._by_open.get(at_ms, ()) if bar.end_ms <= to_ms), None)

    def _minute_at(self, at_ms: int) -> Bar | None:
        return next((bar for bar in self._by_open.get(at_ms, ()) if bar.period is Period.M1), None)


def roll_up(children: Sequence[Bar], period: Period, open_ms: int) -> Bar:
    """Bars in order of time, at least one, as one bar of a longer period that opens at `open_ms`."""
    return reduce(merge, children[1:], relabelled(children[0], period, open_ms))


def is_filled(children: Sequence[Bar], period: Period, open_ms: int, first_open_ms: int, anchor: int) -> bool:
    """Whether bars of one period, at least one, fill the longer one, but for the time before the symbol's listing.

    Args:
        children: those that lie in it.
        period: the longer one.
        open_ms: when the longer bar opens.
        first_open_ms: when the symbol's first bar opened, 0 where unknown. Bars before it are of another contract that had
            the same name, and then nothing is exempt.
        anchor: on which day modulo 3 its three-day bars open.
    """
    child = children[0].period
    listed_ms = child.open_ms(first_open_ms, anchor)
    from_ms = open_ms if children[0].open_ms < listed_ms else max(open_ms, listed_ms)
    return len(children) * child.nominal_ms >= period.end_ms(open_ms) - from_ms


def relabelled(bar: Bar, period: Period, open_ms: int) -> Bar:
    """The bar as the beginning of a longer one."""
    return Bar(bar.symbol, period, open_ms, *bar[3:])
