"""What `klagg audit` found, as a table for people or as JSON for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

import typer
from rich.table import Table

from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.commands.audit.run import Outcome
from klagg_tui.commands.shared import tables
from klagg_tui.formatting import counted, date_time

SHOWN: Final = 500
"""Findings in a table; JSON has them all."""


_NOUNS: Final = frozenset({Kind.HOLE, Kind.OVERLAP, Kind.STATE, Kind.ROLL_UP, Kind.SPAN, Kind.DIFFERENCE})
"""Kinds that can be counted; the others say how a bar is."""
_WORDS: Final = {
    "trade_count": "trades",
    "taker_buy_volume": "taker volume",
    "taker_buy_turnover": "taker turnover",
}
"""What people read instead of the names of a bar's fields, as in other tables."""
_FIELD: Final = re.compile("|".join(_WORDS))


def print_json(outcome: Outcome) -> None:
    """One object with everything."""
    tables.print_json(
        {
            "clean": not (outcome.findings or outcome.not_asked or outcome.is_interrupted),
            "interrupted": outcome.is_interrupted,
            "not_asked": outcome.not_asked,
            "bars": outcome.bars,
            "findings": [finding.as_json() for finding in outcome.findings],
            "repaired": outcome.repaired._asdict() if outcome.repaired else None,
        }
    )


def print_table(outcome: Outcome, *, is_local: bool) -> None:
    """A row a finding, and the sum of it."""
    if outcome.findings:
        tables.console().print(_table(outcome.findings[:SHOWN], is_local=is_local))
    if len(outcome.findings) > SHOWN:
        typer.echo(f"... and {len(outcome.findings) - SHOWN:,} more; --json lists them all.")
    if outcome.repaired:
        bars, removed, spans = outcome.repaired
        done = (
            f"{counted(bars, 'bar')} taken over, {counted(removed, 'row')} removed, {counted(spans, 'span')} given up"
        )
        typer.echo(f"Repaired: {done}; {counted(outcome.found_before, 'finding')} before.")
    typer.echo(_sum(outcome))


def unknown_symbols(symbols: Collection[str]) -> str:
    """One sentence for the symbols that could not be compared."""
    first, *others = sorted(symbols)
    names = f"{first} and {counted(len(others), 'other symbol')}" if others else first
    return f"The exchange does not know {names} any more: archives (--against FILE) may have those bars."


def _sum(outcome: Outcome) -> str:
    looked_at = f"{counted(outcome.bars, 'bar')} looked at"
    if outcome.is_interrupted:
        found = f"{len(outcome.findings):,}" if outcome.findings else "nothing"
        return f"Interrupted: {found} found so far, {looked_at}{_kinds(outcome.findings)}."
    if outcome.findings:
        is_mendable = any(finding.kind is not Kind.EXTRA for finding in outcome.findings)
        hint = " --repair takes the exchange's bars." if is_mendable and not outcome.repaired else ""
        return f"{len(outcome.findings):,} found{_kinds(outcome.findings)}.{hint}"
    if outcome.not_asked:
        return f"Nothing found, but not every exchange was asked: {looked_at}."
    return f"Clean: {looked_at}." if outcome.bars else "No such bar is stored: there was nothing to look at."


def _kinds(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.kind for finding in findings)
    kinds = ", ".join(
        counted(count, kind) if kind in _NOUNS else f"{count:,} {kind}" for kind, count in counts.most_common()
    )
    return kinds and f": {kinds}"


def _table(findings: list[Finding], *, is_local: bool) -> Table:
    table = tables.Texts(box=None, pad_edge=False, header_style="bold")
    for name in ("what", "symbol", "period", "from"):
        table.add_column(name, no_wrap=True)
    table.add_column("", overflow="fold")
    for finding in findings:
        when = date_time(finding.from_ms, local=is_local) if finding.from_ms else ""
        period = finding.period.value if finding.period else ""
        table.add_row(
            finding.kind.value, finding.symbol, period, when, _FIELD.sub(lambda found: _WORDS[found[0]], finding.text)
        )
    return table
