"""The exchange's bars out of its archive files."""

from pathlib import Path

import pytest

from klagg_tui.auditing.reference import ArchiveBars
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadFile
from tests.makers import START


def archive(path: Path, opens: range) -> Path:
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
