"""What a probe found, as immutable values, and how it is written. Pure."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from klagg_tui.exchange.venue import Doubt
from klagg_tui.formatting import counted


class Verdict(Enum):
    """What became of a supposition."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "not shown"
    """Too little came to say so: no trades, no quiet minute."""
    TOLD = "seen"
    """klagg supposes nothing here that could fail: what was seen is what counts."""


class Measured(NamedTuple):
    """What a check saw."""

    verdict: Verdict
    sentence: str
    """With the numbers."""
    examples: tuple[str, ...] = ()
    """A few of what speaks against it."""


class Finding(NamedTuple):
    """One supposition and what was seen of it."""

    doubt: Doubt
    measured: Measured


class Report(NamedTuple):
    """All that a probe of one exchange found."""

    venue: str
    address: str
    version: str
    """Of klagg."""
    begun_ms: int
    """The exchange's time."""
    minutes: int
    symbols: tuple[str, ...]
    trades: int
    clock_error_ms: int
    """By how much klagg's picture of the exchange's clock may have been off, at the most, where something was judged by it."""
    findings: tuple[Finding, ...]

    @property
    def has_failed(self) -> bool:
        """Whether anything that klagg supposes does not hold."""
        return any(finding.measured.verdict is Verdict.FAILS for finding in self.findings)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "venue": self.venue,
            "address": self.address,
            "klagg": self.version,
            "begun_ms": self.begun_ms,
            "minutes": self.minutes,
            "symbols": list(self.symbols),
            "trades": self.trades,
            "clock_error_ms": self.clock_error_ms,
            "findings": [
                {
                    "question": finding.doubt.question.name.lower(),
                    "supposed": finding.doubt.supposed,
                    "source": finding.doubt.source,
                    "verdict": finding.measured.verdict.value,
                    "seen": finding.measured.sentence,
                    "examples": list(finding.measured.examples),
                }
                for finding in self.findings
            ],
        }


_SIGNS = {Verdict.HOLDS: "✔", Verdict.FAILS: "✘", Verdict.OPEN: "?", Verdict.TOLD: "·"}


def lines(report: Report) -> list[str]:
    """For people."""
    heard = ", ".join(
        (counted(report.minutes, "minute"), counted(len(report.symbols), "symbol"), counted(report.trades, "trade"))
    )
    found = [
        f"{report.venue} at {report.address}: {heard} (klagg {report.version})",
        f"The exchange's clock was known to within {report.clock_error_ms / 1000:g} s.",
        "",
    ]
    for doubt, measured in report.findings:
        found.append(f"{_SIGNS[measured.verdict]} {doubt.question.value}: {measured.verdict.value}")
        found += [f"    supposed: {doubt.supposed} ({doubt.source})", f"    seen: {measured.sentence}"]
        found += [f"      {example}" for example in measured.examples]
    return found
