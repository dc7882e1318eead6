"""`klagg doctor`: each fault is found and told with what to do, and the rest is looked at all the same."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from klagg_tui.commands import doctor
from klagg_tui.commands.doctor import database, disk, exchanges, terminal
from klagg_tui.commands.doctor.exchanges import Answer, Where, of_clock, of_network
from klagg_tui.commands.doctor.finding import Finding, Verdict
from klagg_tui.commands.doctor.terminal import Seen, judged
from klagg_tui.errors import NotADatabase
from klagg_tui.exchange import registry
from klagg_tui.exchange.registry import venue
from klagg_tui.screens import base
from klagg_tui.storage.opening import open_writer
from klagg_tui.storage.schema import MIGRATIONS
from klagg_tui.storage.store import Store
from tests.commands.beside import exchange
from tests.commands.beside import terminal as terminal_of
from tests.makers import bars
from tests.shell import Klagg

GOOD = Seen("xterm-256color", True, "truecolor", "LANG=C.UTF-8", 120, 36)


def faults(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.verdict is Verdict.FAULT]


def verdicts(found: Sequence[Finding]) -> set[Verdict]:
    return {finding.verdict for finding in found}


def filled(path: Path) -> Path:
    async def write() -> None:
        async with await Store.open(path) as store:
            await store.add_confirmed(bars(3))

    asyncio.run(write())
    return path


@contextmanager
def recorder(path: Path) -> Iterator[int]:
    """Another process that holds the database, as a klagg does."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom klagg_tui.storage.opening import WriterLock\n"
        "lock = WriterLock(Path(sys.argv[2]))\nprint(flush=True)\nsys.stdin.read()\n"
    )
    script = path.with_name("klagg")
    script.write_text(code)
    with subprocess.Popen(
        [sys.executable, script, "record", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.communicate()


# The terminal


def test_a_good_terminal_is_fine() -> None:
    assert verdicts(judged(GOOD)) == {Verdict.FINE}


@pytest.mark.parametrize(
    ("seen", "said", "advised"),
    [
        (GOOD._replace(name="dumb", can_move_its_cursor=False), "TERM=dumb", "TERM=xterm-256color"),
        (GOOD._replace(name=""), "TERM is not set", "TERM=xterm-256color"),
        (GOOD._replace(locale="LC_ALL=de_DE.ISO-8859-1"), "not UTF-8", "LANG=C.UTF-8"),
        (GOOD._replace(locale=""), "no locale is set", "LANG=C.UTF-8"),
        (GOOD._replace(columns=40), "too small, klagg needs 60×15", "larger"),
        (GOOD._replace(lines=10), "120×10", "larger"),
    ],
)
def test_a_fault_of_the_terminal_is_told_with_what_to_do(seen: Seen, said: str, advised: str) -> None:
    (fault,) = faults(judged(seen))
    assert said in fault.said
    assert advised in fault.advice


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (GOOD._replace(colours="standard"), "16 colours"),
        (GOOD._replace(colours=None), "no colours"),
        (GOOD._replace(columns=70), "70×36"),
        (GOOD._replace(columns=0), "does not say how large"),
    ],
)
def test_what_klagg_can_live_with_is_a_note(seen: Seen, said: str) -> None:
    found = judged(seen)
    assert not faults(found)
    assert [said in finding.said for finding in found if finding.verdict is Verdict.NOTE] == [True]


def test_it_needs_as_much_room_as_the_screens() -> None:
    assert (base.LEAST_WIDTH, base.LEAST_HEIGHT) == terminal.LEAST


def test_a_terminal_is_seen_through_any_of_the_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal_of(100) as screen, Path(os.devnull).open() as nothing:
        monkeypatch.setenv("TERM", "xterm-256color")
        environment = {"TERM": "xterm-256color", "LC_ALL": "", "LANG": "C.UTF-8"}
        seen = terminal.see((nothing, screen.end), environment)
        assert seen is not None
        assert (seen.name, seen.locale, seen.columns, seen.lines) == ("xterm-256color", "LANG=C.UTF-8", 100, 24)
        assert terminal.see((nothing,), environment) is None


def test_on_a_terminal_it_is_looked_at(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_CTYPE", raising=False)
    with terminal_of(100) as screen, redirect_stdout(screen.end):
        monkeypatch.setenv("TERM", "xterm-256color")
        status = klagg("doctor", "terminal").status
        shown = screen.text()
    assert status == 0
    assert "256 colours" in shown
    assert "100×24" in shown


# The disk


def test_a_disk_with_room_is_fine_and_files_need_not_be_there(tmp_path: Path) -> None:
    found = list(disk.look({"the database": tmp_path / "no" / "where" / "a.db", "the log": tmp_path / "a.log"}))
    assert verdicts(found) == {Verdict.FINE}
    assert str(tmp_path) in found[0].said


@pytest.mark.parametrize(("free", "verdict"), [(10**8, Verdict.FAULT), (10**9, Verdict.NOTE), (10**10, Verdict.FINE)])
def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    monkeypatch.setattr(psutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (found,) = disk.look({"the database": tmp_path / "a.db"})
    assert found.verdict is verdict
    assert ("--keep" in found.advice) == (verdict is not Verdict.FINE)


def test_a_disk_of_another_machine_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [SimpleNamespace(mountpoint="/", fstype="ext4"), SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: parts)
    (fault,) = faults(list(disk.look({"the database": tmp_path / "a.db"})))
    assert "another machine (nfs4)" in fault.said
    assert "--db" in fault.advice


def test_what_may_not_be_written_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **_: Path(path) != tmp_path and may(path, mode))
    (fault,) = faults(list(disk.look({"the database": tmp_path / "a.db", "the log": Path("/tmp/a.log")})))
    assert fault.said == f"the database cannot be written in {tmp_path}"
    assert "klagg config" in fault.advice


# The database


def test_a_sound_database_is_fine_and_a_missing_one_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert verdicts(list(database.look(path, is_thorough=True))) == {Verdict.NOTE}
    (found,) = database.look(filled(path), is_thorough=True)
    assert found.verdict is Verdict.FINE
    assert found.said.endswith("bars: sound")
    (found,) = database.look(path, is_thorough=False)
    assert "not every page was looked at" in found.said


def test_that_a_large_one_takes_a_while_is_said_beside_the_findings(
    klagg: Klagg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "a.db")
    monkeypatch.setattr(database, "LARGE_BYTES", 1)
    said = klagg("doctor", "database", "--json", "--db", str(path))
    assert "--quick leaves that out" in said.err
    assert json.loads(said.out)["sound"] is True
    assert klagg("doctor", "database", "--quick", "--db", str(path)).err == ""


def test_damage_is_found_and_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'history'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xff" * 64)
    (fault,) = faults(list(database.look(path, is_thorough=True)))
    assert "damaged" in fault.said
    assert "backup" in fault.said + fault.advice


def test_another_file_and_one_of_a_newer_klagg_are_faults(tmp_path: Path) -> None:
    other = tmp_path / "letter.db"
    other.write_text("Dear reader")
    (fault,) = faults(list(database.look(other, is_thorough=True)))
    assert "is not a klagg database" in fault.said
    newer = filled(tmp_path / "a.db")
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (fault,) = faults(list(database.look(newer, is_thorough=True)))
    assert "update klagg" in fault.said


def test_a_database_of_an_older_klagg_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def write() -> None:
        await (await open_writer(path, MIGRATIONS[:-1])).close()

    asyncio.run(write())
    found = list(database.look(path, is_thorough=True))
    assert "written by an older klagg" in found[0].said
    assert found[0].verdict is Verdict.NOTE


def test_who_holds_the_database_is_named_and_holds_it_still(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db")
    with recorder(path) as process:
        for _ in range(2):
            _, held = database.look(path, is_thorough=True)
            assert held.said.startswith(f"process {process} (klagg record) writes to it")
    assert len(list(database.look(path, is_thorough=True))) == 1, "it ended"


def test_a_lock_that_may_not_be_looked_at_is_said(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db")
    (tmp_path / "a.db-lock").unlink()
    (tmp_path / "a.db-lock").mkdir()
    *_, unseen = database.look(path, is_thorough=True)
    assert unseen.verdict is Verdict.UNSEEN
    assert "Is a directory" in unseen.said


def test_a_process_without_a_name_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert database._name_of(process.pid) == f"process {process.pid} (sleep)"
        process.kill()
    assert database._name_of(process.pid) == f"process {process.pid}"
    assert database._name_of(0) == "another process"


def test_a_recorder_is_looked_for_where_it_is_named(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db")
    (nobody,) = database.look_at_recorder(path)
    assert nobody.verdict is Verdict.FAULT
    assert "klagg record" in nobody.advice
    with recorder(path) as process:
        (fine,) = database.look_at_recorder(path)
        assert fine.verdict is Verdict.FINE
        assert f"process {process} (klagg record) wrote to {path}" in fine.said
        (stuck,) = database.look_at_recorder(path, time.time() + 600)
        assert stuck.verdict is Verdict.FAULT
        assert "10 min ago" in stuck.said


# Network and clock


def where(key: str = registry.DEFAULT, *, rest_url: str = "", stream_url: str = "", is_watched: bool = True) -> Where:
    exchange_ = venue(key)
    return Where(exchange_, rest_url or exchange_.rest_url, stream_url or exchange_.stream_url, is_watched)


def nowhere(scheme: str = "http") -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"


def test_an_exchange_that_answers_and_streams_is_fine_and_tells_its_time() -> None:
    with exchange() as market:
        answers = exchanges.look([where(rest_url=market.rest_url, stream_url=market.ws_url)], None)
    (found,) = of_network(answers)
    assert found.verdict is Verdict.FINE
    assert found.said.endswith(" ms, trades too")
    (clock,) = of_clock(answers)
    assert "behind" in clock.said or "ahead" in clock.said


def test_without_a_network_that_is_one_fault_and_the_clock_is_not_looked_at() -> None:
    answers = exchanges.look([where(rest_url=nowhere()), where("kraken", rest_url=nowhere(), is_watched=False)], None)
    (fault,) = of_network(answers)
    assert fault.verdict is Verdict.FAULT
    assert "nobody answers there" in fault.said
    assert "--proxy" in fault.advice
    assert verdicts(list(of_clock(answers))) == {Verdict.UNSEEN}


def test_one_that_is_not_watched_is_no_fault_and_one_that_is_watched_is() -> None:
    with exchange() as market:
        reached = where(rest_url=market.rest_url, stream_url=market.ws_url)
        other = where("kraken", rest_url=nowhere(), is_watched=False)
        answers = exchanges.look([reached, other], None)
        assert [one.verdict for one in of_network(answers)] == [Verdict.FINE, Verdict.NOTE]
        answers = exchanges.look([reached._replace(is_watched=False), other._replace(is_watched=True)], None)
        found = list(of_network(answers))
    assert [one.verdict for one in found] == [Verdict.FINE, Verdict.FAULT]
    assert found[0].said.endswith("(not watched)")
    assert "--venue" in found[1].advice


def test_a_blocked_place_is_told_with_the_advice_of_the_exchange() -> None:
    other = where("kraken", rest_url=nowhere(), is_watched=False)
    with exchange(faults="451@0s+9h") as blocked:
        answers = exchanges.look([where(rest_url=blocked.rest_url), other], None)
    (fault,) = faults(list(of_network(answers)))
    assert "does not serve this place" in fault.said
    assert fault.advice == venue().blocked_advice


def test_trades_that_cannot_be_had_are_a_fault_though_questions_are_answered() -> None:
    with exchange() as market:
        (answer,) = exchanges.look([where(rest_url=market.rest_url, stream_url=nowhere("ws"))], None)
    (fault,) = of_network([answer])
    assert "trades cannot be had (nobody answers there)" in fault.said
    assert "websockets" in fault.advice


def test_an_exchange_that_keeps_silent_costs_no_more_than_patience() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent, exchange() as market:
        port = silent.getsockname()[1]
        rest, stream = exchanges.look(
            [
                where(rest_url=f"http://127.0.0.1:{port}"),
                where(rest_url=market.rest_url, stream_url=f"ws://127.0.0.1:{port}"),
            ],
            None,
            patience_s=2,
        )
    assert rest.trouble == "no answer within 2 s"
    assert stream.stream_trouble == "no answer within 2 s"


def test_an_address_that_is_none_is_told() -> None:
    with exchange() as market:
        (answer,) = exchanges.look([where(rest_url=market.rest_url, stream_url="ftp://x")], None)
    assert "is no address of market streams" in answer.stream_trouble


def test_a_certificate_that_is_not_trusted_points_at_the_date() -> None:
    assert time.strftime("%Y-%m-%d") in exchanges._advice("its certificate is not trusted: it has expired")


@pytest.mark.parametrize(
    ("ahead_ms", "verdict", "said"),
    [
        (40, Verdict.FINE, "40 ms ahead"),
        (-4_000, Verdict.FINE, "4 s behind"),
        (-90_000, Verdict.FAULT, "90 s behind"),
        (7_200_000, Verdict.FAULT, "2 hours ahead"),
    ],
)
def test_a_wrong_clock_is_a_fault_and_one_exchange_alone_does_not_make_it_one(
    ahead_ms: float, verdict: Verdict, said: str
) -> None:
    told = [Answer(where(key), 50, ahead_ms=ahead_ms, doubt_ms=25) for key in ("kraken", "coinbase", "okx-spot")]
    (found,) = of_clock([*told[:2], Answer(where("okx-swap"), 50, ahead_ms=99_000_000, doubt_ms=25), told[2]])
    if verdict is Verdict.FINE:
        assert found.verdict is Verdict.FINE
    (found,) = of_clock(told)
    assert found.verdict is verdict
    assert said in found.said
    assert ("timedatectl" in found.advice) == (verdict is Verdict.FAULT)
    (alone,) = of_clock(told[:1])
    assert f"by {told[0].where.venue.name}" in alone.said


def test_the_clock_is_held_against_what_an_exchange_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a machine without a battery.
    monkeypatch.setattr(exchanges, "time", SimpleNamespace(time=lambda: 0.0, monotonic=time.monotonic))
    with exchange() as market:
        answers = exchanges.look([where(rest_url=market.rest_url, stream_url=market.ws_url)], None)
    (fault,) = faults(list(of_clock(answers)))
    assert re.match(r"\d\d,\d{3} days behind, by Binance USDⓈ-M", fault.said)


def test_watched_exchanges_come_first_at_the_addresses_of_the_settings(klagg: Klagg) -> None:
    from klagg_tui.config import load

    flags = {"market.venues": ["kraken"]}
    found = exchanges.places(load(None, flags, {}).settings)
    assert found[0].venue.key == "kraken"
    assert [one.is_watched for one in found] == [True, *[False] * (len(registry.keys()) - 1)]
    flags = {"market.rest_url": ["http://127.0.0.1:1"], "market.ws_url": ["ws://127.0.0.1:2"]}
    first = exchanges.places(load(None, flags, {}).settings)[0]
    assert (first.rest_url, first.stream_url) == ("http://127.0.0.1:1", "ws://127.0.0.1:2")


# The command


def test_all_is_looked_at_and_a_fault_makes_the_status_one(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = where(rest_url=nowhere())
    monkeypatch.setattr(exchanges, "places", lambda _: [nobody])
    said = klagg("doctor")
    assert (said.status, said.err) == (1, "")
    first, *lines = said.out.splitlines()
    assert first.startswith("klagg 0.")
    looked = [line.split()[1] for line in lines if not line.lstrip().startswith("→")]
    assert list(dict.fromkeys(looked)) == list(doctor.CHECKS)
    assert any(line.startswith("✘ network") for line in lines)
    assert any(line.startswith("– terminal nobody sits") for line in lines)
    assert any(line.startswith("– clock") for line in lines)


def test_json_tells_the_same_and_only_what_is_named_is_looked_at(klagg: Klagg) -> None:
    said = klagg("doctor", "disk", "recorder", "--json", "--db", "a.db")
    told = json.loads(said.out)
    assert (said.status, said.err, told["sound"]) == (1, "", False)
    assert [(one["check"], one["verdict"]) for one in told["findings"]] == [("disk", "fine"), ("recorder", "fault")]
    assert told["findings"][1]["advice"]
    said = klagg("doctor", "disk", "--json")
    assert (said.status, json.loads(said.out)["sound"]) == (0, True)


def test_a_check_that_there_is_not_is_told_with_a_near_name(klagg: Klagg) -> None:
    said = klagg("doctor", "netwrok")
    assert (said.status, said.err) == (2, "There is no check called netwrok; did you mean network?\n")


def test_settings_that_cannot_be_read_are_a_fault_and_the_rest_is_looked_at(klagg: Klagg, tmp_path: Path) -> None:
    file = tmp_path / "klagg.toml"
    file.write_text("[market]\nvenues = ['krakn']\n[nonsense]\n")
    said = klagg("doctor", "settings", "database", "--config", str(file))
    assert said.status == 1
    assert "did you mean kraken" in said.out
    assert "✘ settings" in said.out
    assert "· database" in said.out
    said = klagg("doctor", "database", "--config", str(file), "--db", "mine.db")
    assert "· database mine.db is not there yet" in said.out
    assert "✔ settings" in klagg("doctor", "settings").out


def test_what_fails_while_it_is_looked_at_is_told_and_the_rest_goes_on(
    klagg: Klagg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> list[Finding]:
        raise ZeroDivisionError("by nothing")

    def broken(*_: object, **__: object) -> list[Finding]:
        raise OSError(5, "Input/output error")

    def refused(*_: object, **__: object) -> list[Finding]:
        raise NotADatabase("It is none.")

    monkeypatch.setattr(terminal, "look", fail)
    monkeypatch.setattr(disk, "look", broken)
    monkeypatch.setattr(database, "look", refused)
    said = klagg("doctor", "terminal", "disk", "database", "settings")
    assert said.status == 1
    assert "✘ terminal looking at it failed (ZeroDivisionError: by nothing)" in said.out
    assert "✘ disk     it cannot be looked at (Input/output error)" in said.out
    assert "✘ database it cannot be looked at (It is none.)" in said.out
    assert "✔ settings" in said.out


def test_names_of_checks_can_be_completed() -> None:
    assert doctor._names("te") == ["terminal"]
