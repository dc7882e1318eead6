"""What was heard and asked, judged: one function a question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, BarKey, merge
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


def judge_final(settle_ms: int, looks: Mapping[str, Sequence[tuple[int, Bar | None]]]) -> Measured:
    """When a bar is final: `looks` has, by symbol, how long after a minute's end it was asked for, and the bar that came."""
    seen = {symbol: shown for symbol, shown in looks.items() if shown and shown[-1][1] is not None}
    if not seen:
        return Measured(Verdict.OPEN, "no bar of a minute just over came")
    latest = max(map(_final_ms, seen.values()))
    changed = max((after_ms for shown in seen.values() for after_ms in _changing(shown)), default=0)
    sentence = (
        f"{len(seen)} bars were what they stayed {latest / 1000:g} s after their end at the latest, and another one still "
        f"{changed / 1000:g} s after it; klagg waits {settle_ms / 1000:g} s"
    )
    if changed >= settle_ms:
        return Measured(Verdict.FAILS, sentence)
    return Measured(Verdict.HOLDS if latest <= settle_ms else Verdict.OPEN, sentence)


def judge_seam(expected: bool | None, opened_ms: int, first: Mapping[str, Sequence[AggTrade]]) -> Measured:
    """Whether a connection opened at that time begins with older trades; `first` has what it brought, by symbol.

    One symbol that does shows it: of another the newest trade may have come while the connection was being opened.
    """
    reaching = [any(trade.traded_ms < opened_ms for trade in trades) for trades in first.values() if trades]
    if not reaching:
        return Measured(Verdict.OPEN, "no trade came on the new connection")
    sentence = f"that was so of {sum(reaching)} of {len(reaching)} symbols"
    return Measured(answered(expected, seen=any(reaching)), sentence)


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


def _changing(seen: Sequence[tuple[int, Bar | None]]) -> list[int]:
    """The looks at which a bar was there and not yet what it was at the last one."""
    last = _values(seen[-1][1])
    return [after_ms for after_ms, bar in seen if bar is not None and _values(bar) != last]


def _final_ms(seen: Sequence[tuple[int, Bar | None]]) -> int:
    """From which look on the bar was what it was at the last one."""
    last = _values(seen[-1][1])
    differing = [place for place, (_, bar) in enumerate(seen) if _values(bar) != last]
    return seen[differing[-1] + 1 if differing else 0][0]
