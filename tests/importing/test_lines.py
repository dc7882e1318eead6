"""Files as blocks of lines."""

import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadFile
from klagg_tui.importing.lines import blocks


def lines_of(path: Path, block_bytes: int = 1 << 20) -> list[str]:
    return [line for block in blocks(path, block_bytes) for line in block.lines]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_gz_and_zip_hold_the_same_lines_whatever_they_are_called(tmp_path: Path, end: str) -> None:
    data = end.join(["a,1", "b,2", "币,3", ""]).encode()
    plain, packed = tmp_path / "one", tmp_path / "two"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    for path in (plain, packed, zipped(tmp_path / "three", {"x.csv": data})):
        assert [line for line in lines_of(path) if line] == ["a,1", "b,2", "币,3"]


@given(
    st.lists(st.text(st.characters(blacklist_characters="\n\r\ufeff", codec="utf-8")), max_size=30), st.integers(1, 40)
)
def test_blocks_of_any_size_give_every_line_once_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    seen = [(block.first_line + at, line) for block in blocks(path, size) for at, line in enumerate(block.lines)]
    assert seen == [*enumerate(lines, 1)]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbfa,1\n")
    assert lines_of(path) == ["a,1"]


def test_members_of_a_zip_come_by_name_and_are_numbered_each_by_itself(tmp_path: Path) -> None:
    path = zipped(tmp_path / "two.zip", {"b.csv": b"3\n", "a.csv": b"1\n2\n"})
    assert [(block.part, block.first_line, block.lines) for block in blocks(path)] == [
        ("a.csv", 1, ["1", "2"]),
        ("b.csv", 1, ["3"]),
    ]


def test_folders_in_a_zip_are_passed_over_and_a_locked_one_is_said_to_be(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"folder/": b"", "folder/a.csv": b"1\n"})
    assert lines_of(path) == ["1"]
    locked = bytearray(zipped(tmp_path / "b.zip", {"a.csv": b"1\n"}).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "b.zip").write_bytes(locked)
    with pytest.raises(BadFile, match="locked with a password"):
        lines_of(tmp_path / "b.zip")


def test_progress_reaches_the_size_on_disk(tmp_path: Path) -> None:
    data = "\n".join(map(str, range(400_000))).encode()
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    for path in (plain, packed, zipped(tmp_path / "a.zip", {"a.csv": data})):
        reads = [block.read_bytes for block in blocks(path)]
        assert reads == sorted(reads)
        assert 0.9 * path.stat().st_size <= reads[-1] <= path.stat().st_size


@pytest.mark.parametrize("count", [5_000, 500_000])
def test_a_file_cut_in_the_middle_gives_what_it_has_and_then_says_so(tmp_path: Path, count: int) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress("\n".join(map(str, range(count))).encode())[:-2000])
    seen: list[str] = []
    with pytest.raises(BadFile, match="ends in the middle"):
        for block in blocks(path):
            seen += block.lines
    assert len(seen) > count // 2
    assert seen == [*map(str, range(len(seen)))]


@pytest.mark.parametrize("damage", [b"PK\x03\x04 and then nothing", b"\x1f\x8b\x00\x00\x00\x00"])
def test_a_file_that_only_begins_like_an_archive_is_called_damaged(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "bad"
    path.write_bytes(damage)
    with pytest.raises(BadFile, match="damaged"):
        lines_of(path)


def test_a_missing_file_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        lines_of(tmp_path / "none.csv")
    with pytest.raises(BadFile, match="directory"):
        lines_of(tmp_path)


def test_of_a_line_without_an_end_the_beginning_is_kept_to_be_refused_by(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(18 << 20))
    (line,) = lines_of(path)
    assert 0 < len(line) < 17 << 20
    path.write_bytes(b"a,1\n" + b"7" * (40 << 20) + b"\nb,2\n")
    first, longest, last = lines_of(path)
    assert (first, last) == ("a,1", "b,2")
    assert "\0" in longest
