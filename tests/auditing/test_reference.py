"""The exchange's bars out of its archive files."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import Scope
from klagg_tui.auditing.compare import find_differences
from klagg_tui.auditing.reference import ArchiveBars
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadFile
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.storage.store import Store
from tests.makers import START


def archive(path: Path, opens: Iterable[int]) -> Path:
    path.write_text("".join(f"{open_ms},1,1,1,1,0,{open_ms + MINUTE_MS - 1},0,0,0,0,0\n" for open_ms in opens))
    return path


async def test_bars_of_the_asked_stretch_are_given_in_order_of_time(tmp_path: Path) -> None:
    opens = range(START + 9 * MINUTE_MS, START - MINUTE_MS, -MINUTE_MS)
    files = ArchiveBars([archive(tmp_path / "BTCUSDT-1m-2024-08-08.csv", opens)])
    asked = ("BTCUSDT", Period.M1, START + 2 * MINUTE_MS, START + 5 * MINUTE_MS)
    found = [bar.open_ms async for batch in files(*asked) for bar in batch]
    assert found == [START + at * MINUTE_MS for at in (2, 3, 4)]
    assert files.symbols == {"BTCUSDT"}
    for other in (("ETHUSDT", Period.M1), ("BTCUSDT", Period.M5)):
        assert [bar async for batch in files(*other, START, START + 1) for bar in batch] == []


async def test_a_file_without_bars_is_refused(tmp_path: Path) -> None:
    trades = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv"
    trades.write_text("1,100,1,1,1,1723075200000,true\n")
    with pytest.raises(BadFile, match="holds no bars"):
        ArchiveBars([trades])
    with pytest.raises(BadFile, match=r"none\.csv"):
        ArchiveBars([tmp_path / "none.csv"])


@pytest.mark.parametrize("order", ["as it is", "descending", "any"])
async def test_every_row_of_a_file_is_compared_in_whatever_order_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 1_000))
    opens = list(range(START, START + 200 * MINUTE_MS, MINUTE_MS))
    stored = archive(tmp_path / "BTCUSDT-1m-2024-08-08.csv", opens)
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1,)) as store:
        await import_files(store, [stored])
    rows = [line.replace(",1,1,1,1,0,", ",2,2,2,2,0,") for line in stored.read_text().splitlines(keepends=True)]
    rows = {"as it is": rows, "descending": rows[::-1], "any": random.Random(8).sample(rows, len(rows))}[order]
    (tmp_path / "theirs").mkdir()
    theirs = tmp_path / "theirs" / stored.name
    theirs.write_text("".join(rows))
    found = [one async for one in find_differences(tmp_path / "klagg.db", ArchiveBars([theirs]), Scope())]
    assert [one.from_ms for one in found] == opens


async def test_several_files_are_one_run_of_bars_and_rows_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    first = archive(tmp_path / "BTCUSDT-1m-2024-08-08.csv", range(START, START + 4 * MINUTE_MS, 2 * MINUTE_MS))
    other = archive(tmp_path / "BTCUSDT-1m-2024-08.csv", range(START + MINUTE_MS, START + 5 * MINUTE_MS, 2 * MINUTE_MS))
    with other.open("a") as file:
        file.write(f"{START},1,1,1,1,0,0,0,0,0,0,0\n")
    files = ArchiveBars([first, other])
    bars = [bar.open_ms async for batch in files("BTCUSDT", Period.M1, START, START + 9 * MINUTE_MS) for bar in batch]
    assert bars == list(range(START, START + 4 * MINUTE_MS, MINUTE_MS))
    (sentence,) = files.unread()
    assert sentence.startswith(
        f"Rows of {other} that could not be read, and so were not compared: 1; {other.name}, line 3:"
    )
