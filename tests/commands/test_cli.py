"""What is typed and what comes back: status, sentences, streams."""

import gc
import io
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from klagg_tui import __main__ as way_in
from klagg_tui import __version__
from klagg_tui.cli import COMMANDS
from tests.importing.test_importer import HEADER, day_file, file_of, row
from tests.makers import DAY, MINUTE, START, trades
from tests.patience import WAIT_S
from tests.shell import Klagg

BAD = "7,nan,1,70,71,1723075200000,false"


def an_hour() -> list[str]:
    return [HEADER, *map(row, trades(range(START, START + 60 * MINUTE, 20_000)))]


@pytest.fixture
def filled(klagg: Klagg, tmp_path: Path) -> Klagg:
    file_of(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", an_hour())
    assert klagg("import", "BTCUSDT-aggTrades-2024-08-08.csv", "--db", "a.db").status == 0
    return klagg


def test_version_and_help_are_there(klagg: Klagg) -> None:
    said = klagg("--version")
    assert (said.status, said.out.split()[0]) == (0, "klagg")
    assert klagg("--help").status == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(klagg: Klagg, command: str) -> None:
    said = klagg(command, "--help")
    assert said.status == 0
    assert f"Usage: klagg {command} " in said.out
    assert "<bool>" not in said.out, "a switch has no value"
    assert f"klagg {command}" in said.out.split("Examples")[1]


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["import"],
        ["import", "--nonsense", "x"],
        ["export", "--format", "xml"],
        ["export", "--period", "1m", "--resample", "1h"],
        ["export", "--state", "maybe"],
        ["export", "--period", "7m"],
        ["export", "--period", ","],
        ["export", "--from", "soon"],
        ["export", "--from", "2024-08-09", "--to", "2024-08-08"],
        ["export", "--where", "nonsense>1"],
        ["export", "-o"],
        ["bars"],
        ["bars", "BTCUSDT", "7m"],
        ["bars", "BTCUSDT", "-n", "0"],
        ["audit", "--from", "soon"],
        ["audit", "--rest-url", "nowhere"],
        ["db", "nonsense"],
        ["db", "prune", "--keep", "1m=soon"],
        ["replay"],
        ["record", "--history", "many"],
        ["serve", "--port", "0x"],
        ["web", "--port", "0"],
        ["simulate", "--speed", "0"],
        ["simulate", "--faults", "nonsense"],
        ["config", "--path", "--example"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_with_status_2(filled: Klagg, args: list[str]) -> None:
    said = filled("--db", "a.db", *args)
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["export", "--db", "none.db"], "There is no database at none.db yet"),
        (["export", "--db", "a.db", "--symbol", "ETHUSDT"], "There are no bars of ETHUSDT"),
        (["export", "--db", "a.db", "-o", "BTCUSDT-aggTrades-2024-08-08.csv/x.csv"], "cannot be written"),
        (["export", "--db", "BTCUSDT-aggTrades-2024-08-08.csv"], "is not a klagg database"),
        (["import", "none.csv", "--db", "b.db"], "none.csv cannot be read: No such file or directory."),
        (["import", "BTCUSDT-aggTrades-2024-08-08.csv", "--db", "BTCUSDT-aggTrades-2024-08-08.csv"], "is not a klagg"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(filled: Klagg, args: list[str], sentence: str) -> None:
    said = filled(*args)
    assert said.status == 1
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_import_ends_with_a_summary(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / "a.csv", [*an_hour(), BAD, "181,0,0,-1,-1,1723075200000,false"])
    said = klagg("import", "a.csv", "--symbol", "BTCUSDT", "--db", "a.db")
    assert said.status == 0
    rest = "0 duplicates, 0 gaps, 0 other, 1 bad, 1 placeholder record (price and quantity 0)."
    assert said.out.strip() == f"180 trades, 60 bars (60 new), {rest}"
    assert said.err.strip() == "a.csv, line 182: 'nan' is not a number"
    again = klagg("import", "a.csv", "--symbol", "BTCUSDT", "--db", "a.db")
    assert again.out.strip() == f"180 trades, 60 bars (0 new), {rest}"


def test_import_of_nothing_usable_has_status_1(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / "a.csv", [BAD] * 9)
    said = klagg("import", "a.csv", "-s", "BTCUSDT", "--db", "a.db")
    assert (said.status, said.out.count("9 bad")) == (1, 1)
    assert said.err.count("line") == 3
    assert "... and 6 more bad rows." in said.err
    assert "Nothing in there could be used." in said.err


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["service"], ""),
        (
            ["completions"],
            "Missing argument 'shell'. Choose from: bash, zsh, fish; `klagg completions --help` says more.",
        ),
    ],
)
def test_what_is_left_out_is_told_in_one_line_or_by_the_help(klagg: Klagg, args: list[str], sentence: str) -> None:
    said = klagg(*args)
    assert said.status == 2
    assert said.err.strip().removeprefix(said.out.strip()) == sentence
    assert "Usage: klagg service" in said.out + said.err if not sentence else not said.out


def test_the_database_may_be_named_before_the_command(filled: Klagg) -> None:
    assert filled("--db", "a.db", "export").out == filled("export", "--db", "a.db").out


def test_export_writes_to_the_pipe_by_default(filled: Klagg) -> None:
    said = filled("export", "--db", "a.db", "-s", "BTCUSDT", "-p", "5m", "--to", "2024-08-08T00:10")
    assert (said.status, len(said.out.splitlines()), said.err) == (0, 3, "")


def test_export_into_a_file_says_what_was_written(filled: Klagg, tmp_path: Path) -> None:
    said = filled("export", "--db", "a.db", "-s", "BTCUSDT", "-p", "1h", "-o", "a.jsonl")
    assert (said.status, said.out) == (0, "")
    assert said.err.splitlines()[0] == "24 bars in a.jsonl."
    assert (tmp_path / "a.jsonl").read_text().startswith('{"symbol":"BTCUSDT","period":"1h"')
    assert (
        filled("export", "--db", "a.db", "-p", "1h,1d", "-o", "folder/").err.splitlines()[0]
        == "25 bars in 2 files in folder/."
    )


def test_export_sifts_with_the_screens_filter_language(filled: Klagg) -> None:
    every = filled("export", "--db", "a.db", "-s", "BTCUSDT", "-p", "1m").out.splitlines()[1:]
    busy = filled("export", "--db", "a.db", "-s", "BTCUSDT", "-p", "1m", "--where", "trades>5").out.splitlines()[1:]
    assert busy == [line for line in every if int(line.split(",")[8]) > 5]
    assert 0 < len(busy) < len(every)
    said = filled("export", "--db", "a.db", "--where", "nonsense>1")
    assert (said.status, "There is no column nonsense" in said.err) == (2, True)
    said = filled("export", "--db", "a.db", "--where", "chg(1h)>1 rsi(1h)<30")
    assert (said.status, "chg(1h) looks back over more than one bar" in said.err) == (2, True)


def test_export_makes_periods_that_are_not_stored(filled: Klagg) -> None:
    said = filled("export", "--db", "a.db", "-s", "BTCUSDT", "--resample", "2h")
    assert [int(line.split(",")[0]) for line in said.out.splitlines()[1:3]] == [START, START + 120 * MINUTE]


def test_export_of_no_bars_says_so(filled: Klagg) -> None:
    said = filled("export", "--db", "a.db", "-s", "BTCUSDT", "--from", "2025-01-01")
    assert (said.status, len(said.out.splitlines())) == (0, 1)
    assert "No bars match." in said.err


def test_partial_bars_are_noted(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / "a.csv", an_hour())
    klagg("import", "a.csv", "-s", "BTCUSDT", "--db", "a.db")
    said = klagg("export", "--db", "a.db", "-s", "BTCUSDT")
    assert "Note: 2 partial bars (trades are missing) among them;" in said.err
    assert "Note" not in klagg("export", "--db", "a.db", "-s", "BTCUSDT", "--state", "closed").err


def test_floats_are_of_columns_and_exact_numbers_of_text(filled: Klagg, tmp_path: Path) -> None:
    for form in ("parquet", "arrow"):
        for numbers, kind in (("float", pl.Float64()), ("exact", pl.Decimal(38, 12))):
            said = filled("export", "--db", "a.db", "-o", f"a.{form}", "--numbers", numbers)
            assert said.status == 0
            read = pl.read_parquet if form == "parquet" else pl.read_ipc
            assert read(tmp_path / f"a.{form}").schema["open"] == kind
    for options in (["-o", "a.csv"], ["--format", "jsonl"], []):
        said = filled("export", "--db", "a.db", "--numbers", "float", *options)
        assert (said.status, "--numbers float is of --format parquet and arrow" in said.err) == (2, True)
    said = filled("export", "--db", "a.db", "--numbers", "float", "--what", "derivatives", "-o", "a.arrow")
    assert (said.status, "--numbers" in said.err) == (2, True)


def test_a_pipe_of_arrow_is_a_stream(filled: Klagg, tmp_path: Path) -> None:
    filled("export", "--db", "a.db", "-o", "a.parquet")
    sent = subprocess.run(
        [*command("export", "--db", "a.db", "--format", "arrow")], cwd=tmp_path, capture_output=True, check=True
    )
    assert pl.read_ipc_stream(sent.stdout).rows() == pl.read_parquet(tmp_path / "a.parquet").rows()
    assert sent.stdout


def test_parquet_is_not_for_a_terminal(filled: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal(io.BytesIO()))
    assert filled("export", "--db", "a.db", "--format", "parquet").status == 2


def test_what_nobody_thought_of_is_one_sentence_with_the_log_file(
    filled: Klagg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("klagg_tui.exporting.exporter.export", fail)
    said = filled("export", "--db", "a.db")
    assert said.status == 1
    assert said.err.startswith("klagg met something unexpected and stopped (")
    path = Path(said.err.strip().rsplit(" are in ", 1)[1].rstrip("."))
    assert "Traceback" in path.read_text()


@pytest.mark.parametrize(
    "args", [("symbols",), ("export",), ("bars", "BTCUSDT"), ("audit",), ("record",), ("db", "info")]
)
def test_a_name_that_no_file_can_have_is_told_as_such(filled: Klagg, args: tuple[str, ...]) -> None:
    said = filled(*args, "--db", "a" * 300)
    assert said.status == 1
    assert said.err == f"{'a' * 60}… cannot be used (File name too long): name another file.\n"


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "klagg_tui", *args]


def test_a_closed_pipe_is_no_error(filled: Klagg, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    args = command("export", "--db", "a.db", "-s", "BTCUSDT")
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(args, cwd=tmp_path, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
@pytest.mark.parametrize(
    "args", [["export", "--db", "a.db"], ["symbols", "--db", "a.db"], ["db", "--json", "--db", "a.db"]]
)
def test_output_onto_a_full_disk_is_one_sentence(filled: Klagg, tmp_path: Path, args: list[str]) -> None:
    assert filled("--version").status == 0
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command(*args), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "full" in done.stderr or "No space left" in done.stderr
    assert "unexpected" not in done.stderr


def test_ctrl_c_keeps_what_is_whole_and_has_status_130(klagg: Klagg, tmp_path: Path) -> None:
    endless = tmp_path / "endless.csv"
    day_file(tmp_path, 0, trades(range(START, START + DAY, 2_000)))
    lines = (tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv").read_bytes()
    endless.write_bytes(lines * 20)
    args = command("import", "endless.csv", "-s", "BTCUSDT", "--db", "a.db")
    with subprocess.Popen(args, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "a.db").exists() and running.poll() is None:
            pass
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=WAIT_S)
    assert running.returncode == 130, err
    assert "Stopping" in err
    assert out.startswith("Stopped: ")
    assert klagg("export", "--db", "a.db").status in {0, 1}


def test_ctrl_c_while_it_loads_is_not_traced_back() -> None:
    code = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from klagg_tui.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_is_heavy_is_loaded_only_by_the_command_that_needs_it() -> None:
    heavy = ("textual", "aiohttp", "pyarrow", "polars", "aiosqlite", "sqlite3", "orjson", "websockets", "rich.table")
    code = f"import sys, klagg_tui.cli; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_one_command_loads_no_other_and_a_text_as_an_option_nothing_to_read_it() -> None:
    unused = ("klagg_tui.commands.import_", "klagg_tui.commands.audit", "pydantic")
    code = (
        "import sys, contextlib, klagg_tui.__main__ as way_in\n"
        "sys.argv = ['klagg', '--db', 'x.db', 'config', '--symbols', 'BTC*', '--symbols', 'ETH*,SOL*']\n"
        "with contextlib.suppress(SystemExit): way_in.main()\n"
        f"print(*(name for name in {unused!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *said, loaded = done.stdout.splitlines()
    assert 'storage.database = "x.db"  # --db' in said
    assert 'market.symbols = ["BTC*", "ETH*", "SOL*"]  # --symbols' in said
    assert loaded == ""


@pytest.mark.parametrize("flags", [["--version"], ["-V"], ["--version", "--db", "a.db"]], ids=" ".join)
def test_every_way_to_ask_for_the_version_gets_the_same(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["klagg", *flags])
    with suppress(SystemExit):
        way_in.main()
    assert capsys.readouterr().out == f"klagg {__version__}\n"
    assert gc.isenabled()


def test_the_version_is_said_without_reading_a_command_line() -> None:
    code = "import sys, klagg_tui.__main__ as way_in; sys.argv = ['klagg', '-V']; way_in.main(); print('typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"klagg {__version__}", "False"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a disk that is always full")
def test_a_version_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "klagg_tui", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("The disk is full")


def test_import_keeps_files_of_another_market_beside_and_refuses_what_they_cannot_be(
    klagg: Klagg, tmp_path: Path
) -> None:
    file_of(tmp_path / "futures.csv", an_hour())
    file_of(tmp_path / "spot.csv", [f"{line},true" for line in an_hour()[1:]])
    assert klagg("import", "spot.csv", "-s", "BTCUSDT", "--db", "a.db", "--market", "spot").status == 0
    said = klagg("import", "futures.csv", "-s", "BTCUSDT", "--db", "a.db", "-m", "spot")
    assert said.status == 1
    assert "futures.csv is of USDⓈ-M futures (--market um) or COIN-M futures (--market cm) by its 7 columns" in said.err
    assert klagg("import", "futures.csv", "-s", "BTCUSDT", "--db", "a.db", "-m", "um").status == 0
    listed = json.loads(klagg("symbols", "--db", "a.db", "--json").out)
    assert {one["symbol"] for one in listed} >= {"BTCUSDT"}
    assert sorted(one["venue"] for one in listed) == ["binance-spot", "binance-um"]


@pytest.mark.parametrize(
    "args",
    [
        ("--legacy", "text.db"),
        ("--legacy", "none.db"),
        ("none.csv",),
        ("text.db",),
        ("bars.csv", "-m", "mars"),
        ("bad.csv", "-s", "BTCUSDT"),
    ],
)
def test_an_import_of_nothing_leaves_no_new_files(klagg: Klagg, tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "text.db").write_text("some words\n")
    (tmp_path / "bars.csv").write_text("")
    (tmp_path / "bad.csv").write_text("x,1,2,3,4,5,6\n")
    before = sorted(tmp_path.iterdir())
    for database in ("l.db", "new/folder/l.db"):
        assert klagg("import", *args, "--db", database).status in {1, 2}
        assert sorted(tmp_path.iterdir()) == before


def test_an_import_of_nothing_leaves_what_was_there(klagg: Klagg, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "bad.csv").write_text("x,1,2,3,4,5,6\n")
    assert klagg("import", "bad.csv", "--db", "empty.db").status == 1
    assert (tmp_path / "empty.db").exists()
    assert klagg("import", "bad.csv", "--db", "empty.db").status == 1
    assert (tmp_path / "empty.db").stat().st_size > 0
