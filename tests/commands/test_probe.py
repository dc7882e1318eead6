"""`klagg probe`: a report for people and for programs, and what was typed wrong told in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from klagg_tui.exchange.registry import keys
from klagg_tui.runtime.simulation import simulated_exchange
from tests.shell import Klagg

pytestmark = pytest.mark.xdist_group("live probes")


def test_the_report_is_printed_and_written(klagg: Klagg, tmp_path: Path) -> None:
    small = ("--venue", "okx-spot", "--symbols", "8", "--activity", "20", "--speed", "60", "--faults", "none")
    with simulated_exchange(*small) as urls:
        said = klagg(
            "probe", "okx-spot", "--minutes", "1", "--rest-url", urls.rest, "--ws-url", urls.ws, "-o", "report.json"
        )
    assert "✘" not in said.out, said.out
    assert said.status == 0
    first, clock, _, *rest = said.out.splitlines()
    assert first.startswith(f"okx-spot at {urls.rest}: 1 minute, ")
    assert clock.startswith("The exchange's clock was known to within ")
    assert "✔ ids of trades follow each other one by one: holds" in rest
    assert "listening to" in said.err
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["venue"] == "okx-spot"
    assert {finding["verdict"] for finding in report["findings"]} <= {"holds", "not shown", "seen"}


def test_an_exchange_that_there_is_not_is_told_with_a_near_name(klagg: Klagg) -> None:
    said = klagg("probe", "krakn")
    assert (said.status, said.out) == (2, "")
    assert said.err == "There is no exchange called krakn; did you mean kraken?\n"
    assert klagg("probe", "qqqq").err == f"There is no exchange called qqqq; there are {', '.join(keys())}.\n"


def test_an_exchange_that_cannot_be_reached_is_told_in_a_sentence(klagg: Klagg) -> None:
    said = klagg("probe", "coinbase", "--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
    assert (said.status, said.out) == (1, "")
    assert said.err == "127.0.0.1:9 cannot be reached (nobody answers there).\n"


def test_questions_here_and_trades_of_the_exchange_are_refused_at_once(klagg: Klagg) -> None:
    said = klagg("probe", "kraken", "--rest-url", "http://127.0.0.1:9")
    assert (said.status, said.out) == (1, "")
    assert "give both --rest-url and --ws-url" in said.err


@pytest.mark.parametrize(
    ("option", "value"), [("--rest-url", "nonsense"), ("--ws-url", "http://x"), ("--proxy", "ftp://x:1")]
)
def test_an_address_that_is_none_is_told_before_anything_is_asked(klagg: Klagg, option: str, value: str) -> None:
    said = klagg("probe", "coinbase", option, value)
    assert (said.status, said.out) == (2, "")
    assert option in said.err
    assert len(said.err.splitlines()) == 1


def test_a_report_that_cannot_be_written_is_told_before_minutes_are_listened(klagg: Klagg, tmp_path: Path) -> None:
    said = klagg("probe", "coinbase", "-o", str(tmp_path / "nowhere" / "report.json"))
    assert (said.status, said.out) == (1, "")
    assert "nowhere" in said.err
