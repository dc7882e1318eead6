"""Which bars are to be written: what a person selects, and the stored series that this comes to."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, NamedTuple, TypeVar

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision, least_precision
from klagg_tui.engine.resample import in_pages, resampled
from klagg_tui.errors import BadSymbol, ExportError
from klagg_tui.exporting.elsewhere import coins_by_quote
from klagg_tui.exporting.series import Coins, Series
from klagg_tui.names import Name, parted
from klagg_tui.storage.lines import Lines, RowFormat
from klagg_tui.storage.mantissas import Read
from klagg_tui.storage.reader import Wanted
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair, StoredSymbol

T = TypeVar("T")

_WILD: Final = frozenset("*?[")
_LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Bars to be written."""

    symbols: tuple[str, ...] = ("*",)
    """Names, in capitals or not, or patterns like `*USDT`, with `venue:` before them or for all venues."""
    periods: tuple[Period, ...] = (Period.M1,)
    from_ms: int | None = None
    to_ms: int | None = None
    """Bars that open from `from_ms` to before `to_ms`."""
    states: frozenset[State] | None = None
    """Only these; None: all."""
    keep: Callable[[Bar], bool] | None = None
    """Only bars for which it is true."""
    is_resampled: bool = False
    """The periods are made from stored shorter bars instead of taken as stored."""
    with_venue: bool = False
    """Each bar says its venue also where there is one only."""
    with_witness: bool = False
    """Each bar says who vouches for it also in CSV, and where there is one venue only."""

    in_floats: bool = False
    """Values are the nearest floats instead of exact decimals."""
    with_state: bool = False
    """Each bar says how sure it is, also in CSV."""
    ended_only: bool = False
    """Only bars that are over, whatever is known of them."""
    with_coins: bool = False
    """Each series says what its symbol is traded in, as far as that is known."""
    quote: str = ""
    """What symbols are paid in of which no listing said it, so far as they end with it."""

    @property
    def is_mixed(self) -> bool:
        """Whether several series may come of it, so that each bar must say whose it is."""
        return len(self.symbols) != 1 or len(self.periods) != 1 or is_pattern(self.symbols[0])

    def sifted(self, bars: list[Bar]) -> list[Bar]:
        """Those that states and filter let through."""
        if self.states is not None:
            bars = [bar for bar in bars if bar.state in self.states]
        return bars if self.keep is None else [bar for bar in bars if self.keep(bar)]


class StoredSeries(NamedTuple):
    """One series, and the stored bars that it is made of."""

    series: Series
    name: str
    """What the store calls its symbol."""
    stored: Period
    """The period itself, or a shorter one to be rolled up."""
    anchor: int
    from_ms: int | None
    to_ms: int | None
    states: frozenset[State] | None
    is_supposed: bool = False
    """Made three-day bars of a symbol of which nobody was shown on which days they open."""
    ended_only: bool = False
    """Without the current bar."""

    @property
    def label(self) -> str:
        """For a person."""
        return f"{self.name} {self.series.period}"

    @property
    def wanted(self) -> Wanted:
        """The stored bars that are read for it."""
        return self.name, self.stored, self._since(), self._before()

    def made_of(self, stored: int) -> int:
        """About how many bars come of so many stored ones."""
        return -(-stored * self.stored.nominal_ms // self.series.period.nominal_ms)

    def pages(self, store: Store) -> AsyncIterator[list[Bar]]:
        """Its bars, oldest first, some thousand at a time."""
        symbol, period = self.name, self.series.period
        if self.stored is period:
            stretch = symbol, period, self.from_ms, self.to_ms
            return store.pages(*stretch, states=self.states, ended_only=self.ended_only)
        stored = store.pages(symbol, self.stored, self._since(), self._before(), ended_only=self.ended_only)
        return in_pages(self._cut(resampled(stored, period, self.anchor, ended_only=self.ended_only)))

    async def newest(self, store: Store, count: int) -> list[Bar]:
        """The newest of its bars, oldest first; only for bars that are stored as they are."""
        found = store.pages(
            self.name,
            self.series.period,
            self.from_ms,
            self.to_ms,
            newest_first=True,
            limit=count,
            states=self.states,
            ended_only=self.ended_only,
        )
        return [bar async for page in found for bar in page][::-1]

    def lines(self, store: Store, row_format: RowFormat) -> AsyncIterator[Lines | list[Bar]]:
        """The same as lines of text where the database can write them; only for bars that are stored as they are."""
        stretch = self.name, self.series.period, row_format, self.from_ms, self.to_ms
        return store.lines(*stretch, states=self.states, ended_only=self.ended_only)

    def mantissas(self, store: Store, read: Read[T]) -> AsyncIterator[T | list[Bar]]:
        """The same as what `read` makes of columns out of the database; only for bars that are stored as they are."""
        stretch = self.name, self.series.period, read, self.from_ms, self.to_ms
        return store.mantissas(*stretch, states=self.states, ended_only=self.ended_only)

    async def _cut(self, bars: AsyncIterator[Bar]) -> AsyncIterator[Bar]:
        """Bars that open in the selected time; the stretch that is read holds whole ones."""
        async for bar in bars:
            if (self.from_ms or 0) <= bar.open_ms and (self.to_ms is None or bar.open_ms < self.to_ms):
                yield bar

    def _since(self) -> int | None:
        if self.from_ms is None or self.stored is self.series.period:
            return self.from_ms
        return self.series.period.open_ms(self.from_ms, self.anchor)

    def _before(self) -> int | None:
        if self.to_ms is None or self.stored is self.series.period:
            return self.to_ms
        period = self.series.period
        return period.end_ms(period.open_ms(self.to_ms - 1, self.anchor))


async def series_of(store: Store, selection: Selection, *, in_text: bool = True) -> list[StoredSeries]:
    """The stored series that a selection comes to, by symbol and period.

    `in_text`: with how many decimals each is written matters, so that it is looked for where nobody told it.

    Raises:
        BadSymbol: a symbol that was named is not there.
        ExportError: nor is the period of the one symbol that was named, or there is nothing at all.
    """
    known = {symbol.symbol: symbol for symbol in await store.symbols()}
    held = await store.stored_periods()
    precisions = await store.precisions()
    shown = await store.anchors()
    pairs = await store.pairs() if selection.with_coins else {}
    found = []
    for name in matching(selection.symbols, known, store.venues):
        for period in sorted(set(selection.periods)):
            there = held.get(name, ())
            stored = _stored_period(there, period, is_resampled=selection.is_resampled)
            if stored is None:
                if not selection.is_mixed:
                    raise ExportError(_nothing_of(name, period, there))
                continue
            if name not in precisions and in_text:
                precisions[name] = await _precision_of_newest(store, name, stored)
            is_supposed = period is Period.D3 and stored is not period and name not in shown
            shown_name = _shown_name(store, name, selection)
            told = shown_name.symbol, period, precisions.get(name, Precision()), shown_name.venue
            coins = _coins(store, name, pairs.get(name), selection) if selection.with_coins else None
            asked = selection.with_witness, selection.with_state, selection.in_floats, coins
            series = _series(known[name], Series(*told, *asked), stored, selection)
            found.append(series._replace(is_supposed=is_supposed))
    if not found:
        raise ExportError("There are no such bars in the database; `klagg symbols` lists what there is.")
    return found


def _coins(store: Store, name: str, pair: Pair | None, selection: Selection) -> Coins | None:
    """What a symbol is traded in: as a listing said, else as the person says who exports."""
    if pair and pair.base and pair.quote:
        return Coins(*pair)
    own = parted(name) if store.is_qualified else Name(next(iter(store.venues), ""), name)
    return coins_by_quote(own, selection.quote) if selection.quote else None


def _shown_name(store: Store, name: str, selection: Selection) -> Name:
    """What files say of a symbol: the exchange's own name, and the venue where that is to be told."""
    if store.is_qualified:
        return parted(name)
    return Name(next(iter(store.venues), "") if selection.with_venue else "", name)


def matching(patterns: Iterable[str], names: Iterable[str], venues: Sequence[str] = ()) -> list[str]:
    """The names that the patterns mean, in the order of the patterns, those of one pattern by name.

    `venues`: labels of those whose symbols these are; a pattern without a venue means all of them.

    Raises:
        BadSymbol: a name or pattern matches nothing.
    """
    all_names = sorted(names)
    found: dict[str, None] = {}
    for pattern in patterns:
        matched = _matching(as_text(pattern).upper(), all_names, venues)
        if not matched and pattern != "*":
            raise unknown_symbol(pattern, all_names)
        found.update(dict.fromkeys(matched))
    return list(found)


def as_text(typed: str) -> str:
    """A name is UTF-8 whatever the locale: where that knows no such letters, Python holds their bytes (PEP 383)."""
    return typed.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _matching(pattern: str, names: list[str], venues: Sequence[str]) -> list[str]:
    """A name that looks like a pattern means itself, whatever else it would match."""
    texts = {name: _texts(name, pattern, venues) for name in names}
    same = [name for name in names if pattern in texts[name]]
    return same or [name for name in names if any(fnmatchcase(text, pattern) for text in texts[name])]


def _texts(name: str, pattern: str, venues: Sequence[str]) -> list[str]:
    """What a pattern may match of a name, in capitals; of a venue's key what stands before its `-` will do."""
    whole = parted(name) if len(venues) > 1 else Name(next(iter(venues), ""), name)
    if ":" not in pattern:
        return [whole.symbol.upper()]
    texts = [str(Name(venue, whole.symbol)) for venue in (whole.venue, whole.venue.partition("-")[0])]
    return [text.upper() for text in (*texts, name)]


def is_pattern(text: str) -> bool:
    """Whether several names may match it."""
    return not _WILD.isdisjoint(text)


def unknown_symbol(pattern: str, names: Iterable[str]) -> BadSymbol:
    """What to raise where a name or pattern matches none of the stored names; it tells near ones."""
    by_folded = {name.upper(): name for name in names} | {parted(name).symbol.upper(): name for name in names}
    close = dict.fromkeys(by_folded[near] for near in difflib.get_close_matches(pattern.upper(), by_folded, n=3))
    hint = f"; did you mean {' or '.join(close)}?" if close else "; `klagg symbols` lists what there is."
    return BadSymbol(f"There are no bars of {pattern} in the database{hint}")


def _series(known: StoredSymbol, series: Series, stored: Period, selection: Selection) -> StoredSeries:
    stretch = known.anchor, selection.from_ms, selection.to_ms, selection.states
    return StoredSeries(series, known.symbol, stored, *stretch, ended_only=selection.ended_only)


def _stored_period(there: Sequence[Period], period: Period, *, is_resampled: bool) -> Period | None:
    """The period whose stored bars are to be read; the longest that fills it where it is to be made."""
    candidates = (
        [one for one in there if one.divides(period)] if is_resampled else [one for one in there if one is period]
    )
    return candidates[-1] if candidates else None


def _nothing_of(symbol: str, period: Period, there: Sequence[Period]) -> str:
    text = f"There are no {period} bars of {symbol} in the database"
    if any(other.divides(period) for other in there):
        return f"{text}; `klagg export --resample {period}` makes them from shorter ones."
    return f"{text}, only {', '.join(map(str, there))}." if there else f"{text}."


async def _precision_of_newest(store: Store, symbol: str, period: Period) -> Precision:
    """Where the exchange's decimals are not known: as many as the newest bars need."""
    precision = Precision()
    async for bar in store.bars(symbol, period, newest_first=True, limit=_LOOKED_AT):
        precision = precision.union(least_precision(bar[3:7], [bar.volume]))
    return precision
