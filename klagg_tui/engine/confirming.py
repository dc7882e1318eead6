"""What becomes of a bar when the exchange's own comes. Pure.

The exchange's bar (`theirs`) may lack fields that ours has. Compared are those that both have; where they agree, the volume
shows that no trade is missing in ours, so its other fields hold as well. Who vouches for them is remembered: the
unbroken run of ids, or the exchange's bar alone (`Evidence.CANDLE_ONLY`).
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import SUM_BITS, Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.evidence import Evidence

_CANDLE_ONLY: Final = Evidence.CANDLE_ONLY.value


def confirmed_by(ours: Bar | None, theirs: Bar, *, is_whole: bool, opens_at: Exact | None = None) -> tuple[Bar, bool]:
    """The confirmed bar that comes of ours and the exchange's, and whether they agreed.

    Where they agree it is ours, with what ours does not know taken from theirs; otherwise it is theirs.

    Args:
        ours: the bar of the same key that was made of trades or is stored; None: there is none.
        theirs: the exchange's, over by its own showing; the bits of `evidence` say what it lacks.
        is_whole: whether unbroken ids show that ours has every trade (see `is_whole`).
        opens_at: for exchanges whose bars open at the close before instead of at their first trade, and count it among high and
            low: that price, which their bar itself tells where the bar before is not known; None for all others.
    """
    if ours is not None:
        if opens_at is not None:
            ours = _opened_at(ours, opens_at)
        if _agree(ours, theirs):
            return _joined(ours, theirs, is_whole=is_whole), True
    return theirs._replace(state=State.CONFIRMED, evidence=_witnessed(theirs.evidence, theirs.evidence)), False


def is_whole(ours: Bar) -> bool:
    """Whether unbroken ids show, by state and evidence of a bar, that it has every trade."""
    return ours.state >= State.CLOSED and not ours.evidence & _CANDLE_ONLY


def _opened_at(bar: Bar, price: Exact) -> Bar:
    """The bar as an exchange has it whose bars open at the close before."""
    return bar._replace(open=price, high=max(bar.high, price), low=min(bar.low, price))


def _agree(ours: Bar, theirs: Bar) -> bool:
    unknown = ours.evidence | theirs.evidence
    if not unknown:
        return ours.same_values(theirs)
    return ours[:8] == theirs[:8] and all(unknown & bit or ours[place] == theirs[place] for place, bit in SUM_BITS)


def _joined(ours: Bar, theirs: Bar, *, is_whole: bool) -> Bar:
    """Two that agree as one, which knows what either does."""
    sums = (theirs[place] if ours.evidence & bit else ours[place] for place, bit in SUM_BITS)
    unknown = ours.evidence & theirs.evidence & ~_CANDLE_ONLY
    weaker = unknown if is_whole else theirs.evidence
    return tuple.__new__(Bar, (*ours[:8], *sums, State.CONFIRMED, _witnessed(unknown, weaker)))


def _witnessed(unknown: int, weaker: int) -> int:
    """The bits of a confirmed bar; `weaker`: not 0 where the exchange's bar alone vouches for it, and has not all fields."""
    return unknown | _CANDLE_ONLY if weaker else unknown
