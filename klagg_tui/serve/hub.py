"""The newest bars, and who subscribed to them. Belongs to the server's loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, SeriesKey
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadRequest
from klagg_tui.names import Spellings
from klagg_tui.serve.encoding import Change, message, note
from klagg_tui.serve.outbox import Outbox
from klagg_tui.serve.subscriptions import EVERYTHING, Interest, Periods, Subscription, covers, updated

MAX_WANTED: Final = 200_000
"""Names that all readers may want together: some 40 MB, and as many looks at each update."""


class HubUpdate(NamedTuple):
    """What changed in the engine."""

    changes: Changes
    symbols: tuple[str, ...] | None
    """All that are followed, where that changed."""


class Subscriber:
    """One reader: what it wants, and what waits for it."""

    def __init__(self) -> None:
        self.wanted: dict[str, Periods] = {}
        self.outbox = Outbox()

    @property
    def interest(self) -> Interest:
        """What it wants, as a key: readers of one interest share their messages."""
        return frozenset(self.wanted.items())


class Hub:
    """Takes updates in and hands them out."""

    def __init__(self, venue: str = "") -> None:
        """`venue`: the key of the exchange whose symbols go by their names alone, where that is known."""
        self.venue = venue
        self.symbols: tuple[str, ...] = ()
        """Those followed, in the engine's order."""
        self._spellings = Spellings()
        self._current: dict[str, dict[Period, Change]] = {}
        self._ended: dict[SeriesKey, Change] = {}
        """The newest ended bar of each series: it may not be on the disk yet."""
        self._groups: dict[Interest, set[Subscriber]] = {}
        self._wanted = 0
        """Names that all readers want together."""

    @property
    def subscribers(self) -> int:
        """How many readers want something."""
        return sum(map(len, self._groups.values()))

    @property
    def periods(self) -> tuple[Period, ...]:
        """Those of which bars form, from short to long."""
        return tuple(sorted({period for bars in self._current.values() for period in bars}))

    def take(self, update: HubUpdate) -> None:
        """Take in what changed, and offer it to everybody who wants it."""
        if update.symbols is not None:
            self.symbols = update.symbols
            self._spellings = Spellings(update.symbols, self.venue)
            for gone in self._current.keys() - set(update.symbols):
                del self._current[gone]
        self._offer(self._applied(update))

    def tell_stored(self, bars: Sequence[Bar], stretches: Sequence[StoredStretch], number: int) -> None:
        """Take in what changed in the database beside the engine: bars that are over, and where more of them changed or went.

        `number`: of the delivery log, up to which it is told.
        """
        for symbol, period, from_ms, to_ms in stretches:
            known = self._ended.get((symbol, period))
            if known is not None and from_ms <= known.open_ms < to_ms:
                del self._ended[symbol, period]  # the disk knows better
        self._offer(self._applied(HubUpdate(Changes(ended=tuple(bars)), None)))
        for interest, subscribers in self._groups.items():
            wanted = dict(interest)
            if chosen := [stretch for stretch in stretches if covers(wanted, stretch)]:
                for subscriber in subscribers:
                    subscriber.outbox.offer_stretches(chosen, number)

    def tell_lost(self) -> None:
        """What changed in the database was not told for a while."""
        for subscribers in self._groups.values():
            for subscriber in subscribers:
                subscriber.outbox.answer(note("lost"))

    def _offer(self, changes: list[Change]) -> None:
        by_symbol: dict[str, list[Change]] = {}
        if any(EVERYTHING not in dict(interest) for interest in self._groups):
            for change in changes:
                by_symbol.setdefault(change.bar.symbol, []).append(change)
        for interest, subscribers in self._groups.items():
            wanted = dict(interest)
            if chosen := _chosen(wanted, changes, by_symbol):
                text = message("bars", chosen)
                for subscriber in subscribers:
                    subscriber.outbox.offer(text, chosen)

    def subscribe(self, subscriber: Subscriber, subscription: Subscription) -> bytes:
        """Subscribe or unsubscribe; returns the answer.

        Raises:
            BadRequest: the reader, or all of them together, would want too much; nothing is changed.
        """
        subscription = subscription._replace(symbols=tuple(map(self.spelled, subscription.symbols)))
        wanted = updated(subscriber.wanted, subscription)
        self._check_sum(subscriber, wanted)
        self._leave(subscriber)
        self._wanted += len(wanted) - len(subscriber.wanted)
        subscriber.wanted = wanted
        if subscriber.wanted:
            self._groups.setdefault(subscriber.interest, set()).add(subscriber)
        if not subscription.is_on:
            subscriber.outbox.retain(lambda bar: covers(subscriber.wanted, bar))
            return note("unsubscribed", wanted=sorted(subscriber.wanted))
        unknown = [name for name in subscription.symbols if name != EVERYTHING and name not in self._current]
        return message(
            "snapshot",
            self.snapshot(dict.fromkeys(subscription.symbols, subscription.periods)),
            {"unknown": unknown} if unknown else None,
        )

    def remove(self, subscriber: Subscriber) -> None:
        """The reader is gone."""
        self._leave(subscriber)
        self._wanted -= len(subscriber.wanted)
        subscriber.wanted = {}

    def spelled(self, name: str) -> str:
        """The followed symbol that is meant, whatever letters it was typed in; what is not followed as it is.

        Without its exchange, or with the beginning of its key, a name means the one that alone is called so.
        """
        meant = self.meant(name)
        return meant[0] if len(meant) == 1 else name

    def meant(self, name: str) -> list[str]:
        """Every followed symbol that goes by a name."""
        return [name] if name in self._current else self._spellings.meant(name)

    def snapshot(self, wanted: Mapping[str, Periods]) -> list[Change]:
        """The current bars among what is wanted, symbol by symbol."""
        names: Iterable[str] = self.symbols if EVERYTHING in wanted else wanted
        bars = [change for name in names for change in self._current.get(name, {}).values()]
        return [change for change in bars if covers(wanted, change.bar)]

    def current(self, symbol: str, period: Period) -> Change | None:
        """The bar that is forming."""
        return self._current.get(symbol, {}).get(period)

    def ended(self, symbol: str, period: Period) -> Change | None:
        """The newest bar that is over."""
        return self._ended.get((symbol, period))

    def _applied(self, update: HubUpdate) -> list[Change]:
        changes = []
        for bar in update.changes.ended:
            change = Change(bar, is_final=True)
            changes.append(change)
            known = self._ended.get(bar.series)
            if known is None or known.bar.open_ms <= bar.open_ms:
                self._ended[bar.series] = change
        for bar in update.changes.current:
            change = Change(bar, is_final=False)
            changes.append(change)
            self._current.setdefault(bar.symbol, {})[bar.period] = change
        return changes

    def _check_sum(self, subscriber: Subscriber, wanted: Mapping[str, Periods]) -> None:
        together = self._wanted - len(subscriber.wanted) + len(wanted)
        if together > MAX_WANTED and len(wanted) > len(subscriber.wanted):
            raise BadRequest(
                f"All readers together would want {together:,} symbols, and {MAX_WANTED:,} is the most: nothing was changed; "
                "say * for all."
            )

    def _leave(self, subscriber: Subscriber) -> None:
        group = self._groups.get(subscriber.interest)
        if group is not None:
            group.discard(subscriber)
            if not group:
                del self._groups[subscriber.interest]


def _chosen(
    wanted: Mapping[str, Periods], changes: Sequence[Change], by_symbol: Mapping[str, list[Change]]
) -> Sequence[Change]:
    if wanted == {EVERYTHING: None}:
        return changes
    if EVERYTHING not in wanted:
        changes = [change for symbol in wanted for change in by_symbol.get(symbol, ())]
    return [change for change in changes if covers(wanted, change.bar)]
