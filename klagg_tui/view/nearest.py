"""Where a filter lets nothing through: what excludes most, and which symbol is nearest to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.period import Period
from klagg_tui.view.filter import Filter
from klagg_tui.view.filter.predicates import Clause
from klagg_tui.view.model import Row

_LONGEST: Final = 40
"""Characters of a clause that are repeated."""


def nearest_text(rows: Sequence[Row], wanted: Filter, period: Period, now_ms: int) -> str:
    """One or two sentences, each a line, on rows none of which matches; empty where nothing helps."""
    clauses = wanted.clauses
    if not clauses or not rows:
        return ""
    if len(clauses) == 1:
        return _nearest(rows, clauses[0], period, now_ms)
    holds = [[clause.matches(row, period, now_ms) for clause in clauses] for row in rows]
    only = [
        [row for row, held in zip(rows, holds, strict=True) if held.count(False) == 1 and not held[at]]
        for at in range(len(clauses))
    ]
    at = max(range(len(clauses)), key=lambda at: len(only[at]))
    if only[at]:
        match = "matches" if len(only[at]) == 1 else "match"
        told = f"Without {_short(clauses[at])}, {formatting.counted(len(only[at]), 'symbol')} {match}."
        return f"{told}\n{_nearest(only[at], clauses[at], period, now_ms)}".rstrip()
    counts = [sum(held[at] for held in holds) for at in range(len(clauses))]
    at = min(range(len(clauses)), key=counts.__getitem__)
    return f"{_short(clauses[at])} excludes most: {counts[at]:,} of {formatting.counted(len(rows), 'symbol')} match it."


def _nearest(rows: Sequence[Row], clause: Clause, period: Period, now_ms: int) -> str:
    """The symbol whose number is nearest to what it is compared with, where there is one such comparison."""
    if len(clause.numbers) != 1:
        return ""
    text, value_of, limit, _ = clause.numbers[0]
    if limit is None:
        return ""
    known = [(value, row) for row in rows if (value := value_of(row, period, now_ms)) is not None]
    if not known:
        return f"{text} is known of no symbol."
    value, row = min(known, key=lambda pair: abs(pair[0] - limit))
    return f"Nearest is {row.title} with {text} at {_number(value)}."


def _number(value: float) -> str:
    return formatting.without_sign_of_nothing(f"{value:.3g}" if abs(value) < 1 else formatting.short(value))


def _short(clause: Clause) -> str:
    return clause.text if len(clause.text) <= _LONGEST else f"{clause.text[: _LONGEST - 1]}…"
