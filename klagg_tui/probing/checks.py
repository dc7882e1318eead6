"""What was heard and asked, judged: one function a question. Pure.

Moments of ours are known to within the error of our picture of the exchange's clock. What is said to hold or not to hold does so
wherever in that error they lie; else it is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, BarKey, State, merge
from klagg_tui.engine.events import AggTrade
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.venue import CandleFacts, Ids
from klagg_tui.probing.report import Measured, Verdict

_MOST_EXAMPLES: Final = 5

_FIELDS: Final = (
    ("open", Evidence.ALL),
    ("high", Evidence.ALL),
    ("low", Evidence.ALL),
    ("close", Evidence.ALL),
    ("volume", Evidence.ALL),
    ("turnover", Evidence.NO_TURNOVER),
    ("trade_count", Evidence.NO_COUNT),
    ("taker_buy_volume", Evidence.NO_TAKER_VOLUME),
    ("taker_buy_turnover", Evidence.NO_TAKER_TURNOVER),
)
"""Of a bar, and the evidence without which a candle does not have them."""


class Pair(NamedTuple):
    """One whole minute: ours, made of every trade of it, and the exchange's."""

    ours: Bar
    theirs: Bar


class Look(NamedTuple):
    """One question for the bar of a minute; the exchange answered it somewhere between two moments after the minute's end."""

    from_ms: int
    until_ms: int
    bar: Bar | None
    """What came."""


def holes(ids: Iterable[int]) -> list[tuple[int, int]]:
    """The first and last id missing of each hole."""
    ordered = sorted(set(ids))
    return [(earlier + 1, later - 1) for earlier, later in pairwise(ordered) if later > earlier + 1]


def judge_ids(
    supposed: Ids, heard: Mapping[str, Sequence[AggTrade]], fetched: Mapping[str, Sequence[AggTrade]]
) -> Measured:
    """Whether ids follow each other one by one: on the stream, and in what was fetched by id."""
    of_stream = {symbol: holes(trade.aggregate_id for trade in trades) for symbol, trades in heard.items()}
    of_pages = {symbol: holes(trade.aggregate_id for trade in trades) for symbol, trades in fetched.items()}
    trades = sum(map(len, heard.values()))
    missing = _missing(of_stream)
    page_trades, page_missing = sum(map(len, fetched.values())), _missing(of_pages)
    sentence = (
        f"{missing:,} ids missing beside {trades:,} trades of the stream, "
        f"{page_missing:,} beside {page_trades:,} trades that were fetched"
    )
    examples = [*_hole_examples("stream", of_stream), *_hole_examples("fetched", of_pages)]
    if max(map(len, heard.values()), default=0) < 2:
        return Measured(Verdict.OPEN, f"{sentence}: too few to tell")
    is_bad = page_missing > 0 or (supposed is Ids.DENSE and missing > 0)
    return Measured(Verdict.FAILS if is_bad else Verdict.HOLDS, sentence, tuple(examples[:_MOST_EXAMPLES]))


def judge_sums(
    facts: CandleFacts, pairs: Sequence[Pair], beside: Sequence[Pair] = (), missing: Sequence[Bar] = ()
) -> Measured:
    """Whether the exchange's bars are the sums of the trades, in each field that they have.

    A trade that straddles a minute is counted in one by its time and in the other by the exchange: two minutes that differ
    and are equal together speak for the rule. `beside` has neighbours of the minutes to be judged, `missing` traded minutes
    of which the exchange has no bar.
    """
    traded = [pair for pair in pairs if pair.ours.is_traded]
    if not traded and not missing:
        return Measured(Verdict.OPEN, "no whole minute with trades was heard")
    fields = [name for name, lack in _FIELDS if not (lack and facts.lacks & lack)]
    if facts.opens_at_previous_close:
        fields = [name for name in fields if name not in ("open", "high", "low")]
    unequal: dict[str, int] = {}
    examples: list[str] = []
    neighbours = {pair.ours.key: pair for pair in (*pairs, *beside)}
    straddled = 0
    for ours, theirs in traded:
        wrong = _different(ours, theirs, fields)
        if wrong and _is_straddled(Pair(ours, theirs), neighbours, fields):
            straddled += 1
            continue
        for name in wrong:
            unequal[name] = unequal.get(name, 0) + 1
        examples += [
            f"{ours.symbol} {ours.open_ms}: {name} of the trades {_shown(ours, name)}, of the bar {_shown(theirs, name)}"
            for name in wrong
        ]
    sentence = f"{len(traded)} minutes compared in {', '.join(fields)}"
    if straddled:
        sentence += f"; {straddled} equal together with the minute beside it only, because a trade straddles both"
    if not unequal and not missing:
        return Measured(Verdict.HOLDS, f"{sentence}: all equal")
    if missing:
        unequal["no bar at all"] = len(missing)
        examples = [f"{bar.symbol} {bar.open_ms}: traded, and without a bar" for bar in missing] + examples
    counts = ", ".join(f"{name} in {count}" for name, count in unequal.items())
    return Measured(Verdict.FAILS, f"{sentence}; different: {counts}", tuple(examples[:_MOST_EXAMPLES]))


def judge_empty(facts: CandleFacts, quiet: Sequence[tuple[str, int]], sent: Mapping[tuple[str, int], Bar]) -> Measured:
    """Whether minutes without trades have a bar: `quiet` has those by symbol and open time, `sent` the bars that came."""
    if not quiet:
        return Measured(Verdict.OPEN, "every minute of every symbol was traded in")
    there = [sent[key] for key in quiet if key in sent]
    flat = sum(bar.high == bar.low and not bar.is_traded for bar in there)
    sentence = f"{len(there)} of {len(quiet)} minutes without trades have a bar, {flat} of them flat without volume"
    holds = len(there) == flat == (len(quiet) if facts.has_empty_minutes else 0)
    return Measured(Verdict.HOLDS if holds else Verdict.FAILS, sentence)


def judge_first_price(facts: CandleFacts, pairs: Sequence[Pair], before: Mapping[tuple[str, int], Bar]) -> Measured:
    """Whether a bar opens at its first trade or at the previous close; `before` has the exchange's bar before, by our key."""
    telling = [
        (ours, theirs, previous)
        for ours, theirs in pairs
        if ours.is_traded and (previous := before.get((ours.symbol, ours.open_ms))) and previous.close != ours.open
    ]
    if not telling:
        return Measured(Verdict.OPEN, "no minute whose first trade was at another price than the trade before")
    first = sum(theirs.open == ours.open for ours, theirs, _ in telling)
    closes = sum(theirs.open == previous.close for _, theirs, previous in telling)
    sentence = f"of {len(telling)} telling minutes {first} open at their first trade, {closes} at the previous close"
    holds = (closes if facts.opens_at_previous_close else first) == len(telling)
    return Measured(Verdict.HOLDS if holds else Verdict.FAILS, sentence)


def judge_final(settle_ms: int, looks: Mapping[str, Sequence[Look]]) -> Measured:
    """When a bar is final: `looks` has those at one bar of each symbol, in order of time.

    A bar that is said to be forming may change: only another one is evidence of a late change.
    """
    seen = {symbol: shown for symbol, shown in looks.items() if shown and _is_over(shown[-1])}
    if not seen:
        return Measured(Verdict.OPEN, "no bar of a minute just over came that was said to be over")
    final, before = max(map(_final, seen.values()), key=lambda found: found[0].until_ms)
    changing = [look.from_ms for shown in seen.values() for look in _changing(shown)]
    changed_ms = max(changing, default=0)
    sentence = f"{len(seen)} bars were what they stayed {_seconds(final.until_ms)} after their end at the latest"
    if changed_ms > 0:
        sentence += f", and one that was said to be over was another still {_seconds(changed_ms)} after it"
    sentence += f"; klagg waits {_seconds(settle_ms)}"
    if changed_ms >= settle_ms:
        return Measured(Verdict.FAILS, sentence)
    if final.until_ms <= settle_ms:
        return Measured(Verdict.HOLDS, sentence)
    earlier = (
        "no look was earlier"
        if before is None
        else f"the look before may have been {_seconds(before.from_ms)} after the end"
    )
    width = _seconds(final.until_ms - final.from_ms)
    return Measured(Verdict.OPEN, f"{sentence}; {earlier}, and they are timed to within {width}: too coarse to tell")


def judge_seam(
    expected: bool | None, opened_ms: float, served_ms: Mapping[str, float], first: Mapping[str, Sequence[AggTrade]]
) -> Measured:
    """Whether a new connection begins with older trades.

    One symbol that does shows it, and one that begins with a trade from behind its acknowledgement shows that none does: of
    another the newest trade may have come while the connection was being opened.

    Args:
        expected: what is supposed.
        opened_ms: the earliest moment at which the connection may have been opened.
        served_ms: the latest at which the subscription of each symbol may have been acknowledged.
        first: what the connection brought, by symbol.
    """
    begun_ms = {symbol: min(trade.traded_ms for trade in trades) for symbol, trades in first.items() if trades}
    if not begun_ms:
        return Measured(Verdict.OPEN, "no trade came on the new connection")
    older = sum(at_ms < opened_ms for at_ms in begun_ms.values())
    newer = sum(at_ms >= served_ms.get(symbol, math.inf) for symbol, at_ms in begun_ms.items())
    sentence = f"that was so of {older} of {len(begun_ms)} symbols"
    if not (older or newer):
        width = _seconds(max(served_ms.values(), default=math.inf) - opened_ms)
        return Measured(
            Verdict.OPEN,
            f"{sentence}; all began in the {width} in which the connection may have been opened: too little to tell",
        )
    return Measured(answered(expected, seen=older > 0), sentence)


def answered(expected: bool | None, *, seen: bool) -> Verdict:
    """What becomes of a supposed yes or no."""
    if expected is None:
        return Verdict.TOLD
    return Verdict.HOLDS if seen is expected else Verdict.FAILS


def _different(ours: Bar, theirs: Bar, fields: Sequence[str]) -> list[str]:
    return [name for name in fields if getattr(ours, name) != getattr(theirs, name)]


def _is_straddled(pair: Pair, neighbours: Mapping[BarKey, Pair], fields: Sequence[str]) -> bool:
    """Whether a minute and one beside it, which differ both, are equal as one."""
    symbol, period, open_ms = pair.ours.key
    for other_ms in (open_ms - period.nominal_ms, open_ms + period.nominal_ms):
        other = neighbours.get((symbol, period, other_ms))
        if other is None or not _different(*other, fields):
            continue
        (ours, theirs), (ours_later, theirs_later) = sorted((pair, other), key=lambda one: one.ours.open_ms)
        if not _different(merge(ours, ours_later), merge(theirs, theirs_later), fields):
            return True
    return False


def _missing(found: Mapping[str, list[tuple[int, int]]]) -> int:
    return sum(last - first + 1 for ranges in found.values() for first, last in ranges)


def _hole_examples(where: str, found: Mapping[str, list[tuple[int, int]]]) -> list[str]:
    return [f"{where} {symbol}: {first} to {last}" for symbol, ranges in found.items() for first, last in ranges]


def _shown(bar: Bar, name: str) -> str:
    value = getattr(bar, name)
    if name == "trade_count":
        return str(value)
    if name.endswith("volume"):
        return exact.quantity_text(value)
    return exact.turnover_text(value) if name.endswith("turnover") else exact.price_text(value)


def _values(bar: Bar | None) -> tuple[object, ...] | None:
    return None if bar is None else bar[3:12]


def _is_over(look: Look) -> bool:
    return look.bar is not None and look.bar.state is not State.FORMING


def _changing(seen: Sequence[Look]) -> list[Look]:
    """The looks at which a bar was said to be over and not yet what it was at the last one."""
    last = _values(seen[-1].bar)
    return [look for look in seen if _is_over(look) and _values(look.bar) != last]


def _final(seen: Sequence[Look]) -> tuple[Look, Look | None]:
    """The look from which on the bar was what it was at the last one, and the one before."""
    last = _values(seen[-1].bar)
    at = max((place + 1 for place, look in enumerate(seen) if _values(look.bar) != last), default=0)
    return seen[at], seen[at - 1] if at else None


def _seconds(length_ms: float) -> str:
    return f"{length_ms / 1000:g} s"
