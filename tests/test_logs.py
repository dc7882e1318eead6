"""The log: where it cannot be written, klagg says so once and goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from klagg_tui import logs

FULL_DISK = Path("/dev/full")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    logger = logging.getLogger("klagg_tui")
    handlers, propagate, level = logger.handlers[:], logger.propagate, logger.level
    yield
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_lines_of_any_alphabet_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "klagg.log"
    assert logs.start(path) is None
    logging.getLogger("klagg_tui.tried").info("following %s", "币安人生USDT")
    assert "following 币安人生USDT" in path.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_opened_is_told_and_its_lines_are_kept_in_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    told = logs.start(tmp_path / "file" / "klagg.log")
    assert told is not None
    assert told.startswith("No log is written: ")
    assert told.endswith(".")
    logging.getLogger("klagg_tui.tried").warning("heard anyway")
    assert "heard anyway" in logs.newest()[-1]
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="needs a disk that is always full")
def test_a_full_disk_writes_nothing_over_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.start(FULL_DISK) is None
    logging.getLogger("klagg_tui.tried").warning("no room")
    assert "no room" in logs.newest()[-1]
    assert capsys.readouterr() == ("", "")
