"""How a probe's report reads, for people and for programs."""

from __future__ import annotations

from klagg_tui.exchange.venue import Doubt, Question
from klagg_tui.probing.report import Finding, Measured, Report, Verdict, lines

_DOUBT = Doubt(Question.IDS, "no id is left out", "a page of 2026")


def _report(*findings: Finding) -> Report:
    return Report("okx-spot", "https://www.okx.com", "1.0", 1_700_000_000_000, 3, ("BTC-USDT",), 1234, 150, findings)


def test_two_lines_say_what_is_probed_and_how_exactly_and_three_say_what_was_found() -> None:
    finding = Finding(_DOUBT, Measured(Verdict.FAILS, "2 ids missing", ("stream A: 2 to 3",)))
    assert lines(_report(finding)) == [
        "okx-spot at https://www.okx.com: 3 minutes, 1 symbol, 1,234 trades (klagg 1.0)",
        "The exchange's clock was known to within 0.15 s.",
        "",
        "✘ ids of trades follow each other one by one: does not hold",
        "    supposed: no id is left out (a page of 2026)",
        "    seen: 2 ids missing",
        "      stream A: 2 to 3",
    ]


def test_only_what_does_not_hold_is_a_failure() -> None:
    verdicts = (Verdict.HOLDS, Verdict.OPEN, Verdict.TOLD)
    assert not _report(*(Finding(_DOUBT, Measured(verdict, "")) for verdict in verdicts)).has_failed
    assert _report(Finding(_DOUBT, Measured(Verdict.FAILS, ""))).has_failed


def test_a_program_finds_everything_in_it() -> None:
    finding = Finding(_DOUBT, Measured(Verdict.HOLDS, "none missing"))
    told = _report(finding).as_json()
    assert told["clock_error_ms"] == 150
    assert told["findings"] == [
        {
            "question": "ids",
            "supposed": "no id is left out",
            "source": "a page of 2026",
            "verdict": "holds",
            "seen": "none missing",
            "examples": [],
        }
    ]
