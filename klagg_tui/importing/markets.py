"""Whose market files are of: the flag says it, otherwise what they show and what is stored decide. What contradicts is refused.

Two markets may have the same symbols, for the same minutes; their bars never meet in one file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.errors import BadUsage
from klagg_tui.exchange.binance.archive import UM, Market
from klagg_tui.importing.detect import SourceFile
from klagg_tui.importing.foreign import MARKETS
from klagg_tui.storage.venues import label_of, mark_of

FLAGS: Final = tuple(market.flag for market in MARKETS)
"""What may follow `--market`."""
_BY_FLAG: Final = {market.flag: market for market in MARKETS}
_BY_KEY: Final = {market.key: market for market in MARKETS}


class Settled(NamedTuple):
    """What came of looking at all files together."""

    key: str
    """How the database is to be marked."""
    files: list[SourceFile]
    """Those that can be of its market, and told so."""
    failures: list[str]
    """A sentence for each of the others."""
    assumed: frozenset[Path]
    """Those of them that would go with another market as well, where nothing else decided."""
    market: Market


def market_of(flag: str) -> Market:
    """The market that `--market` names.

    Raises:
        BadUsage: there is none of that name.
    """
    if flag.lower() not in _BY_FLAG:
        raise BadUsage(f"There is no market {flag}; --market takes {', '.join(FLAGS)}.")
    return _BY_FLAG[flag.lower()]


def is_real(mark: str | None) -> bool:
    """Whether bars so marked are of a real market, whose time is everybody's; those that nobody marked may be."""
    return mark is None or mark == mark_of(label_of(mark))


def settle(files: Sequence[SourceFile], flag: str | None, held: str | None) -> Settled:
    """Decide of which market the files are.

    Args:
        files: in the order in which they are to be read.
        flag: what `--market` said.
        held: the key of the market whose bars are stored; None where none are, or nobody knows whose.

    Raises:
        BadUsage: the flag names no market, or another one than the stored bars are of.
    """
    named = market_of(flag) if flag else None
    if named and held not in (None, named.key):
        raise BadUsage(
            f"--market {named.flag} says {named.name}, but the database holds the bars of {_name(held)}: nothing was "
            "changed; name another file with --db."
        )
    # A simulated market speaks as the first one does, and marks its databases in its own way.
    market = named or (_BY_KEY.get(held, UM) if held else _likeliest(files))
    good = [file._replace(market=market) for file in files if _can_be(file, market)]
    failures = [_refused(file, market, flag, held) for file in files if not _can_be(file, market)]
    is_decided = bool(named or held)
    assumed = frozenset(file.path for file in good if not is_decided and len(_possible([file])) > 1)
    return Settled(held or market.key, good, failures, assumed, market)


def assumption(settled: Settled, used: Collection[Path]) -> str | None:
    """A sentence about files of which something was taken for one market's and could be another's."""
    count = len(settled.assumed.intersection(used))
    if not count:
        return None
    files = "A file does" if count == 1 else f"{count:,} files do"
    market = settled.market
    return (
        f"{files} not say of which market: taken for {market.name} (--market {market.flag}); --market says otherwise."
    )


def _likeliest(files: Sequence[SourceFile]) -> Market:
    """The likeliest market that all files can be of, or else that the first one can be of."""
    possible = _possible(files) or next(filter(None, (_possible([file]) for file in files)), frozenset(MARKETS))
    return next(market for market in MARKETS if market in possible)


def _possible(files: Iterable[SourceFile]) -> frozenset[Market]:
    shown = (evidence.markets for file in files for evidence in file.shown)
    return reduce(frozenset.intersection, shown, frozenset(MARKETS))


def _can_be(file: SourceFile, market: Market) -> bool:
    return market in _possible([file])


def _refused(file: SourceFile, market: Market, flag: str | None, held: str | None) -> str:
    against = next(evidence for evidence in file.shown if market not in evidence.markets)
    theirs = " or ".join(f"{one.name} (--market {one.flag})" for one in MARKETS if one in against.markets)
    is_of = f"{file.path} is of {theirs} by {against.by}"
    if flag:
        return f"{is_of}, not of {market.name}, as --market {market.flag} says: nothing of it was taken."
    if held:
        return f"{is_of}, and the database holds the bars of {_name(held)}: name another file with --db."
    return f"{is_of}, and other files or names say {market.name}: import each market alone, with --market and its own --db."


def _name(key: str | None) -> str:
    return _BY_KEY[key].name if key in _BY_KEY else str(key)
