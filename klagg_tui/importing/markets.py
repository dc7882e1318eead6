"""Whose files are: the flag says it, otherwise what each shows and what is stored decide. What contradicts is refused.

Two markets may have the same symbols, for the same minutes; each has its own bars in one database. A file that could be of
several is taken for the one whose bars are stored; where that does not say it, it is asked for, but a database without bars
takes the likeliest, and is told so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.errors import BadFile, BadUsage
from klagg_tui.exchange.binance import archive
from klagg_tui.exchange.binance.archive import UM, Market, likely_among
from klagg_tui.exchange.registry import keys
from klagg_tui.hints import ended, hint_or_all
from klagg_tui.importing.detect import FileKind, SourceFile
from klagg_tui.importing.foreign import MARKETS
from klagg_tui.storage.venues import label_of

FLAGS: Final = tuple(market.flag for market in MARKETS)
"""What may follow `--market`; the keys of their venues may too."""
_OTHERS: Final = {key: Market(key, key, key) for key in keys()}
"""Exchanges without archives that klagg reads: what it exported of theirs can be."""
_BY_FLAG: Final = _OTHERS | {name: market for market in MARKETS for name in (market.flag, market.key)}
_BY_KEY: Final = {market.key: market for market in MARKETS}
_NAMES: Final = tuple(dict.fromkeys((*FLAGS, *_OTHERS)))


class Settled(NamedTuple):
    """What came of looking at all files together."""

    marks: tuple[str, ...]
    """How the database is to be marked, one for each market of the files."""
    files: list[SourceFile]
    """Those whose market is known, told so."""
    failures: list[str]
    """A sentence for each of the others."""
    assumed: dict[Path, Market]
    """Those of them that would go with another market as well, where nothing else decided."""


def market_of(flag: str) -> Market:
    """The market that `--market` names.

    Raises:
        BadUsage: there is none of that name.
    """
    if flag.lower() not in _BY_FLAG:
        raise BadUsage(ended(f"There is no market {flag}{hint_or_all(flag, _NAMES, lead='--market takes')}"))
    return _BY_FLAG[flag.lower()]


def is_real(mark: str | None) -> bool:
    """Whether bars so marked are of a real market, whose time is everybody's; those that nobody marked may be."""
    return mark is None or mark == label_of(mark)


def settle(files: Sequence[SourceFile], flag: str | None, held: Sequence[str], *, may_add: bool = True) -> Settled:
    """Decide of which market each file is.

    Args:
        files: in the order in which they are to be read.
        flag: what `--market` said.
        held: marks of the venues whose bars are stored.
        may_add: whether bars of other markets than those may come too.

    Raises:
        BadUsage: the flag names no market, or one of which the database holds an imitation.
    """
    named = market_of(flag) if flag else None
    if named:
        require_own(named, held)
    decided = _Decided(files, named, held)
    good: list[SourceFile] = []
    failures: list[str] = []
    for file in files:
        try:
            market = decided.market_of(file)
            if not may_add and held and market.key not in map(label_of, held):
                raise BadFile(_not_held(file, market, held))
            good.append(file._replace(market=market))
        except BadFile as error:
            failures.append(str(error))
    marks = tuple(dict.fromkeys(mark_of_market(file.market, held) for file in good))
    assumed = {file.path: file.market for file in good if file.path in decided.assumed}
    return Settled(marks, good, failures, assumed)


def settle_predecessor(flag: str | None, held: Sequence[str]) -> tuple[Market, str]:
    """The market of the predecessor's bars, which do not say it, and how they are to be marked.

    Raises:
        BadUsage: the flag names no market, or one of which the database holds an imitation; or it is needed.
    """
    if flag:
        market = market_of(flag)
        require_own(market, held)
    else:
        candidates = [_BY_KEY[label] for label in map(label_of, held) if label in _BY_KEY]
        if len(candidates) > 1:
            names = " and of ".join(one.name for one in candidates)
            raise BadUsage(f"The database holds the bars of {names}; --market says whose these are.")
        market = candidates[0] if candidates else UM
    return market, mark_of_market(market, held)


def require_own(market: Market, held: Sequence[str]) -> None:
    """Refuse a market that was named where the database holds bars of an imitation of it.

    Raises:
        BadUsage: it does.
    """
    if (mark := mark_of_market(market, held)) != market.key:
        raise BadUsage(
            f"--market {market.flag} says {market.name}, but the database holds the bars of {mark}: nothing was "
            "changed; name another file with --db."
        )


def mark_of_market(market: Market, held: Sequence[str]) -> str:
    """How bars of a market are marked: as those that are stored, of an imitation too, which speaks as its model does."""
    return next((mark for mark in held if label_of(mark) == market.key), market.key)


def assumption(settled: Settled, used: Collection[Path]) -> str | None:
    """A sentence about files of which something was taken for one market's and could be another's."""
    markets = [market for path, market in settled.assumed.items() if path in used]
    if not markets:
        return None
    files = "A file does" if len(markets) == 1 else f"{len(markets):,} files do"
    taken = " and ".join(f"{one.name} (--market {one.flag})" for one in dict.fromkeys(markets))
    return f"{files} not say of which market: taken for {taken}; --market says otherwise."


class _Decided:
    """The markets of files, one after the other."""

    def __init__(self, files: Sequence[SourceFile], named: Market | None, held: Sequence[str]) -> None:
        self.assumed: set[Path] = set()
        self._named = named
        self._held = held
        labels = [label_of(mark) for mark in held]
        self._stored = [market for market in MARKETS if market.key in labels]
        possible = [_possible([file]) for file in files]
        sure = {likely or next(iter(one)) for one in possible if (likely := likely_among(one)) or len(one) == 1}
        # What one file shows counts for those beside it, where it fits them.
        self._beside = [market for market in MARKETS if market in sure]
        together = _possible(files)
        self._together = [market for market in MARKETS if market in together]

    def market_of(self, file: SourceFile) -> Market:
        """Raises BadFile where it contradicts what was said, or does not say enough."""
        possible = _possible([file])
        if file.venue:
            return self._as_told(file)
        if self._named:
            return self._as_named(file, self._named, possible)
        if file.doubt or not possible:
            raise BadFile(file.doubt or _contradictory(file))
        if len(possible) == 1:
            return next(iter(possible))
        return self._fitting(file, possible, self._stored) or self._assumed(file, possible)

    def _as_told(self, file: SourceFile) -> Market:
        """The market that rows of the file name."""
        told = _BY_FLAG.get(file.venue)
        if told is None:
            raise BadFile(f"{file.path} has bars of {file.venue[:40]!r}, which is no exchange that klagg knows.")
        if self._named not in (None, told):
            raise BadFile(f"{file.path} has bars of {told.name} by its column venue: --market leaves them out.")
        return told

    def _as_named(self, file: SourceFile, named: Market, possible: frozenset[Market]) -> Market:
        if file.doubt and named in archive.MARKETS:
            raise BadFile(_refused(file, named) if named not in possible else file.doubt)
        if named not in possible and not _is_exported(file, named):
            raise BadFile(_refused(file, named))
        return named

    def _fitting(self, file: SourceFile, possible: frozenset[Market], known: Sequence[Market]) -> Market | None:
        fitting = [market for market in known if market in possible]
        if len(fitting) > 1:
            raise BadFile(_doubtful(file, fitting))
        return fitting[0] if fitting else None

    def _assumed(self, file: SourceFile, possible: frozenset[Market]) -> Market:
        market = self._fitting(file, possible, self._beside) or self._likeliest(possible)
        if market is None:
            raise BadFile(_doubtful(file, [one for one in MARKETS if one in possible]))
        self.assumed.add(file.path)
        return market

    def _likeliest(self, possible: frozenset[Market]) -> Market | None:
        """What a file is taken for that nothing decides about; None where the database holds the bars of others."""
        if likely := likely_among(possible):
            return likely
        if self._held:
            return None
        return next(market for market in (*self._together, *MARKETS) if market in possible)


def _possible(files: Iterable[SourceFile]) -> frozenset[Market]:
    shown = (evidence.markets for file in files for evidence in file.shown)
    return reduce(frozenset.intersection, shown, frozenset(MARKETS))


def _is_exported(file: SourceFile, market: Market) -> bool:
    """Whether a file can be of the exchange's bars as klagg exports them, which has the columns of the first exchange's archives."""
    against = [evidence for evidence in file.shown if market not in evidence.markets]
    is_another = market not in archive.MARKETS
    return (
        is_another
        and file.kind in (FileKind.BARS, FileKind.OWN)
        and file.pair is None
        and all(one.is_own for one in against)
    )


def _refused(file: SourceFile, market: Market) -> str:
    against = next(evidence for evidence in file.shown if market not in evidence.markets)
    return (
        f"{file.path} is of {_or(against.markets)} by {against.by}, not of {market.name}, as --market {market.flag} says: "
        "nothing of it was taken."
    )


def _contradictory(file: SourceFile) -> str:
    first, *others = file.shown
    against = next((one for one in others if not one.markets & first.markets), others[-1] if others else first)
    return (
        f"{file.path} is of {_or(first.markets)} by {first.by}, and of {_or(against.markets)} by {against.by}: nothing of it was "
        "taken; --market says whose it is."
    )


def _doubtful(file: SourceFile, markets: Sequence[Market]) -> str:
    return f"{file.path} could be of {_or(markets)}: nothing of it was taken; --market says whose it is."


def _not_held(file: SourceFile, market: Market, held: Sequence[str]) -> str:
    names = " and of ".join(_name(mark) for mark in held)
    by = next((f" by {one.by}" for one in file.shown if market in one.markets and len(one.markets) == 1), "")
    return f"{file.path} is of {market.name}{by}, and the database holds the bars of {names}."


def _or(markets: Collection[Market]) -> str:
    return " or ".join(f"{one.name} (--market {one.flag})" for one in MARKETS if one in markets)


def _name(mark: str) -> str:
    return _BY_KEY[mark].name if mark in _BY_KEY else mark
