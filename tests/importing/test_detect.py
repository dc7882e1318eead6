"""What a file holds."""

import random
from pathlib import Path

import pytest

from klagg_tui.errors import BadFile
from klagg_tui.importing.detect import FileKind, detect, plan

TRADE = "7,61800.30,0.205,70,71,1723161256322,false"
KLINE = "1723161300000,1,1,1,1,1,1723161359999,1,1,1,1,0"
EVENT = '{"e":"aggTrade","E":1723161256322}'


def file_of(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("lines", "kind", "first"),
    [
        ((TRADE,), FileKind.TRADES, 7),
        (("agg_trade_id,price", TRADE, TRADE.replace("7,", "3,", 1)), FileKind.TRADES, 3),
        ((f"{TRADE},true",), FileKind.TRADES, 7),
        ((KLINE,), FileKind.BARS, 1_723_161_300_000),
        ((EVENT,), FileKind.EVENTS, 1_723_161_256_322),
        (("garbage", "", TRADE), FileKind.TRADES, 7),
        (("1.5: {broken}", EVENT.replace("322", "322999")), FileKind.EVENTS, 1_723_161_256_322),
        (("{}",), FileKind.EVENTS, 0),
    ],
)
def test_the_first_rows_say_what_a_file_holds_and_where_it_begins(
    tmp_path: Path, lines: tuple[str, ...], kind: FileKind, first: int
) -> None:
    found = detect(file_of(tmp_path / "a", *lines), "btcusdt")
    assert (found.kind, found.first) == (kind, first)
    assert found.symbol == (None if kind is FileKind.EVENTS else "BTCUSDT")


@pytest.mark.parametrize(
    ("name", "lines", "sentence"),
    [
        ("a", (), "is empty"),
        ("a", ("\0",), "is no text"),
        ("a", ("1,2,3",), "holds neither"),
        ("a", ("7,61800.30,0.205,1,1723161256322,false",), "single trades"),
        ("a", (TRADE,), "add --symbol"),
    ],
)
def test_what_is_no_such_file_is_said_in_a_sentence(
    tmp_path: Path, name: str, lines: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(BadFile, match=sentence):
        detect(file_of(tmp_path / name, *lines), None)


@pytest.mark.parametrize(("name", "what"), [("BTCUSDT-1m-2024-08.zip", "zip"), ("a.ZIP", "zip"), ("a.csv.gz", "gzip")])
@pytest.mark.parametrize(
    "content",
    [
        random.Random(8).randbytes(200_000),
        b"{\n" + bytes(9) + b"\n\xff\n",
        b"PK\0\0" + bytes(99),
        b"<html>404</html>\n",
    ],
)
def test_a_packed_file_that_is_none_is_called_damaged(tmp_path: Path, name: str, what: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(
        BadFile, match=rf"{name} is a damaged {what} file: nothing of it can be read\. Fetch it again\.$"
    ):
        detect(path, "BTCUSDT")


def test_rows_count_whatever_the_name_says_of_packing(tmp_path: Path) -> None:
    assert detect(file_of(tmp_path / "a.zip", TRADE), "BTCUSDT").kind is FileKind.TRADES


def test_files_are_read_by_symbol_from_the_oldest_on_and_others_are_named(tmp_path: Path) -> None:
    late = file_of(tmp_path / "BTCUSDT-aggTrades-2024-08-09.csv", TRADE)
    early = file_of(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", TRADE.replace("7,", "3,", 1))
    files, failures = plan([late, tmp_path / "gone", early, late], None)
    assert [file.path for file in files] == [early, late]
    assert len(failures) == 1


def test_a_damaged_first_id_does_not_misplace_a_file(tmp_path: Path) -> None:
    rows = [TRADE.replace("7,", f"{5_000_000 + at},", 1) for at in range(50)]
    assert detect(file_of(tmp_path / "a", TRADE, *rows), "btcusdt").first == 5_000_000
    assert detect(file_of(tmp_path / "b", "9" * 5_000 + TRADE, *rows), "btcusdt").first == 5_000_000
