"""Whole probes of the simulated exchange: what it keeps is said to hold, and what it is told to break is found."""

from __future__ import annotations

import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.registry import keys, venue
from klagg_tui.exchange.venue import Question
from klagg_tui.probing.report import Report, Verdict
from klagg_tui.probing.run import Target, probe
from klagg_tui.simulator import MarketSpec, SimulatedExchange

pytestmark = pytest.mark.xdist_group("live probes")

SPEED = 60.0


async def probed(key: str, faults: str = "none", activity: float = 6.0, minutes: int = 1) -> Report:
    """A probe of so many minutes between two, each of which is a second of the world."""
    spec = MarketSpec(symbols=24, activity=activity, straddle_every=0)
    async with SimulatedExchange(spec, speed=SPEED, faults=faults, venue=key) as exchange:
        return await probe(Target(venue(key), exchange.rest_url, exchange.ws_url, minutes=minutes))


def verdicts(report: Report) -> dict[Question, Verdict]:
    return {finding.doubt.question: finding.measured.verdict for finding in report.findings}


BRIEFLY = ("kraken", "hyperliquid")
"""Of different languages; the others at greater leisure."""


@pytest.mark.parametrize(
    "key", [key if key in BRIEFLY else pytest.param(key, marks=pytest.mark.soak) for key in keys()]
)
async def test_everything_that_an_exchange_keeps_is_said_to_hold(key: str) -> None:
    report = await probed(key)
    assert report.venue == key
    assert report.trades > 20
    assert {finding.doubt for finding in report.findings} == set(venue(key).doubts)
    failed = [finding for finding in report.findings if finding.measured.verdict is Verdict.FAILS]
    assert not failed
    assert Verdict.HOLDS in verdicts(report).values()


@pytest.mark.parametrize(
    ("key", "faults", "question"),
    [
        ("okx-swap", "drop@1s+30m", Question.IDS),
        pytest.param("binance-um", "drop@1s+30m", Question.IDS, marks=pytest.mark.soak),
        ("coinbase", "nobars@1s+30m", Question.SUM),
    ],
)
async def test_what_an_exchange_is_told_to_break_is_found(key: str, faults: str, question: Question) -> None:
    report = await probed(key, faults, activity=60.0, minutes=7)  # a bar is left out in one minute of seven
    assert verdicts(report)[question] is Verdict.FAILS
    assert report.has_failed


async def test_a_slow_answer_about_the_time_speaks_against_nothing() -> None:
    # It says the time at the end of its trip, and the middle is taken for that: the clock is twenty seconds ahead at first.
    report = await probed("okx-spot", "slow@0s+60s:40", activity=20.0)
    assert verdicts(report)[Question.FINAL] is not Verdict.FAILS
    assert verdicts(report)[Question.SUM] is Verdict.HOLDS
    assert not report.has_failed


@pytest.mark.soak
async def test_trades_of_a_lost_connection_are_missing_in_no_bar() -> None:
    report = await probed("hyperliquid", ",".join(f"cut@{minute}m" for minute in range(2, 12, 2)), minutes=2)
    assert verdicts(report)[Question.SUM] is Verdict.OPEN
    assert not report.has_failed


@pytest.mark.soak
async def test_where_every_answer_is_slow_what_needs_the_clock_is_not_shown() -> None:
    report = await probed("okx-spot", "slow@0s+9h:40", activity=20.0)
    assert verdicts(report)[Question.FINAL] is Verdict.OPEN
    assert verdicts(report)[Question.SUM] is Verdict.HOLDS
    assert report.clock_error_ms >= 20_000
    assert not report.has_failed


async def test_a_name_that_is_not_listed_is_said_before_anything_is_listened_to() -> None:
    async with SimulatedExchange(MarketSpec(symbols=3), speed=SPEED) as exchange:
        target = Target(venue(), exchange.rest_url, exchange.ws_url, symbols=SymbolFilter(("NOBODY",)))
        with pytest.raises(ConfigError, match="lists nothing of what was asked for"):
            await probe(target)
