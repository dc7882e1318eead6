"""Packed files checked before anything of them counts."""

import gzip
from pathlib import Path

import pytest

from klagg_tui.errors import BadFile
from klagg_tui.importing.check import check
from tests.importing.test_lines import zipped


def test_only_what_does_not_unpack_to_what_was_packed_fails_a_check(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    whole = gzip.compress(b"1\n2\n" * 5000, compresslevel=0)
    in_zip = zipped(tmp_path / "b.zip", {"a.csv": b"1\n2\n" * 5000}).read_bytes()
    for harmless in (whole, whole[:-3], whole[:4000], in_zip, b"1\n2\n", b""):
        path.write_bytes(harmless)
        list(check(path))
    for harmful in (whole[:4000] + b"9" + whole[4001:], in_zip[:45] + b"9" + in_zip[46:]):
        path.write_bytes(harmful)
        with pytest.raises(BadFile, match="its checksum is wrong"):
            list(check(path))
