"""The metrics in Prometheus' text format: what its own parsers make of it."""

from __future__ import annotations

import math
import shutil
import subprocess

import aiohttp
import pytest
from prometheus_client.core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from klagg_tui import __version__
from klagg_tui.engine.events import Counters
from klagg_tui.feed import Mode, Status, VenueStatus
from klagg_tui.metrics import Kind, Metric, Unit
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.exposition import exposition, name_of
from tests.makers import START
from tests.serve.serving import get, serving

VENUES = (
    VenueStatus(
        "okx-swap", 'OKX "swap"\\a\nb', Mode.LIVE, "connected", START, delay_ms=23.4, symbols=300, halted=2,
        counters=Counters(trades=7, gaps=1), metrics={Metric.RECONNECTS: 3, Metric.OWED_MINUTES: 60},
    ),
    VenueStatus("kraken", "Kraken", Mode.LIVE, "no connection", START),
)  # fmt: skip
STATUS = Status(
    "two markets",
    Mode.LIVE,
    START,
    delay_ms=1234.5,
    counters=Counters(trades=12_345_678_901, gaps_abandoned=1),
    metrics={Metric.MEMORY: 153.25, Metric.PROCESSOR: 37.5, Metric.WRITE: 0.7, Metric.OWED_MINUTES: 60},
    venues=VENUES,
)


def read(text: str) -> dict[str, Family]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    family = families[name.removesuffix("_total")]
    (found,) = [sample for sample in family.samples if sample.name == name and sample.labels == labels]
    return found.value


def test_values_come_in_base_units_and_to_the_last_digit() -> None:
    families = read(exposition(STATUS))
    assert value(families, "klagg_delay_seconds") == 1.2345
    assert value(families, "klagg_write_seconds") == 0.0007
    assert value(families, "klagg_memory_bytes") == 153_250_000
    assert value(families, "klagg_cpu_ratio") == 0.375
    assert value(families, "klagg_owed_bars") == 60
    assert value(families, "klagg_trades_total") == 12_345_678_901
    assert value(families, "klagg_info", version=__version__) == 1


def test_a_counter_begins_at_0_and_a_gauge_without_a_value_is_left_out() -> None:
    families = read(exposition(Status("made market", Mode.DEMO, START)))
    counters = [metric for metric in Metric if metric.kind is Kind.COUNTER]
    assert {value(families, name_of(metric)) for metric in counters} == {0}
    assert set(families) == {"klagg_info", *(name_of(metric).removesuffix("_total") for metric in counters)}


def test_each_exchange_is_a_label_of_families_of_its_own() -> None:
    families = read(exposition(STATUS))
    okx, kraken = ({"venue": venue.key, "exchange": venue.name} for venue in VENUES)
    assert value(families, "klagg_venue_connected", **okx) == 1
    assert value(families, "klagg_venue_connected", **kraken) == 0
    assert value(families, "klagg_venue_symbols", **okx) == 300
    assert value(families, "klagg_venue_halted_symbols", **okx) == 2
    assert value(families, "klagg_venue_delay_seconds", **okx) == 0.0234
    assert value(families, "klagg_venue_reconnects_total", **okx) == 3
    assert value(families, "klagg_venue_trades_total", **okx) == 7
    assert len(families["klagg_venue_delay_seconds"].samples) == 1, "kraken's delay is not known"


def test_every_family_has_its_help_and_type_before_its_samples_and_is_there_once() -> None:
    lines = exposition(STATUS).splitlines()
    names = [line.split(" ")[2] for line in lines if line.startswith("# HELP ")]
    assert names == [line.split(" ")[2] for line in lines if line.startswith("# TYPE ")]
    assert len(set(names)) == len(names)
    current = ""
    for line in lines:
        if line.startswith("# HELP "):
            current = line.split(" ")[2]
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == current
        else:
            assert line.split("{")[0].split(" ")[0] == current
    kinds = {line.split(" ")[2]: line.split(" ")[3] for line in lines if line.startswith("# TYPE ")}
    assert all((kind == "counter") == name.endswith("_total") for name, kind in kinds.items())


@pytest.mark.parametrize("metric", Metric)
def test_a_name_has_its_prefix_and_its_unit_and_says_what_the_list_says(metric: Metric) -> None:
    families = read(exposition(STATUS._replace(metrics=dict.fromkeys(Metric, 4.0))))
    name = name_of(metric)
    assert name.startswith("klagg_")
    assert name.replace("_", "").isalnum()
    assert name == name.lower()
    endings = {
        Unit.PER_SECOND: "_per_second",
        Unit.MILLISECONDS: "_seconds",
        Unit.MEGABYTES: "_bytes",
        Unit.PERCENT: "_ratio",
    }
    assert name.endswith(endings.get(metric.unit, ""))
    family = families[name.removesuffix("_total")]
    assert (family.type, family.documentation) == (metric.kind.value, metric.sentence)


def test_what_is_no_number_is_written_as_go_reads_it() -> None:
    strange = {Metric.TRADES_HELD: math.inf, Metric.CONNECTIONS: -math.inf, Metric.DIRTY_ROWS: math.nan}
    text = exposition(STATUS._replace(metrics=strange))
    assert "klagg_trades_held_back +Inf\n" in text
    assert "klagg_connections -Inf\n" in text
    assert "klagg_dirty_rows NaN\n" in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool to check the format with")
def test_prometheus_own_tool_finds_nothing_wrong() -> None:
    text = exposition(STATUS._replace(metrics=dict.fromkeys(Metric, 4.0)))
    said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


async def test_the_server_answers_in_the_format_to_whoever_may_read() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}metrics") as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            text = await answer.text()
        assert value(read(text), "klagg_trades_total") == 0
        assert text.endswith("\n")
    async with serving(AccessPolicy("127.0.0.1", 0, token="secret-token")) as server:
        assert (await get(server, "metrics"))[0] == 401
        assert (await get(server, "metrics", headers={"Authorization": "Bearer secret-token"}))[0] == 200
        assert (await get(server, "metrics", headers={"Origin": "https://elsewhere.example"}))[0] == 403
