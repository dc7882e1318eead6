"""The log: where it cannot be written, klagg says so once and goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from klagg_tui import logs
from klagg_tui.errors import ConfigError, DatabaseBusy, KlaggError
from klagg_tui.storage.store import Store

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


def _logged(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_one_record_is_one_line_whatever_it_quotes(tmp_path: Path) -> None:
    path = tmp_path / "klagg.log"
    logs.start(path)
    logging.getLogger("klagg_tui.tried").warning(
        "it said %s", "no\n2026-11-29 09:00:00,000 ERROR klagg: \x1b[2J\u202eforged"
    )
    (line,) = _logged(path)
    assert r"it said no\n2026-11-29 09:00:00,000 ERROR klagg: \x1b[2J\u202eforged" in line
    assert logs.newest()[-1] == line


def test_a_traceback_cannot_be_taken_for_other_lines(tmp_path: Path) -> None:
    path = tmp_path / "klagg.log"
    logs.start(path)
    try:
        raise ValueError("first\n2026-11-29 09:00:00,000 ERROR klagg: forged\r\x1b[1A")
    except ValueError:
        logging.getLogger("klagg_tui.tried").exception("it failed")
    first, *rest = _logged(path)
    assert first.endswith("klagg_tui.tried: it failed")
    assert len(rest) > 2
    assert all(line.startswith("  | ") and line.isprintable() for line in rest)
    assert all("\n" not in line for line in logs.newest())


def test_the_file_is_its_owners_alone_also_an_earlier_one_and_the_next(tmp_path: Path) -> None:
    path = tmp_path / "klagg.log"
    path.write_text("of an earlier klagg\n")
    path.chmod(0o644)
    logs.start(path)
    logger = logging.getLogger("klagg_tui")
    logger.warning("hello")
    (handler,) = [each for each in logger.handlers if isinstance(each, RotatingFileHandler)]
    handler.doRollover()
    logger.warning("again")
    assert [each.stat().st_mode & 0o777 for each in sorted(tmp_path.iterdir())] == [0o600, 0o600]


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "klagg.log"
    logs.start(path)
    logger = logging.getLogger("klagg_tui.tried")
    logger.warning("no connection by %s", "socks5://me:hunter2@proxy:1080")
    try:
        raise OSError("http://me:hunter2@proxy: no answer to GET /api/bars?token=hunter2")
    except OSError:
        logger.exception("it failed")
    assert "hunter2" not in path.read_text() + "".join(logs.newest())


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


@pytest.mark.parametrize("name", ["z.db", "z.db-wal", "z.db-lock", "klagg.log", "folder"])
async def test_no_log_goes_into_a_database_or_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    await (await Store.open(tmp_path / "z.db")).close()
    (tmp_path / "klagg.log.1").hardlink_to(tmp_path / "z.db")
    before = (tmp_path / "z.db").read_bytes()
    fault = logs.fault_of(tmp_path / name)
    assert fault is not None
    assert logs.start(tmp_path / name) == f"No log is written: {fault}"
    logging.getLogger("klagg_tui.tried").warning("heard anyway")
    assert (tmp_path / "z.db").read_bytes() == before
    assert (tmp_path / "z.db-lock").stat().st_size == 0
    assert not (tmp_path / "z.db-wal").exists()


def test_a_database_that_is_still_to_be_made_is_no_log_either(tmp_path: Path) -> None:
    for name in ("new.db", "new.db-wal", "new.db-lock"):
        assert logs.fault_of(tmp_path / name) is None
        assert "new.db" in (logs.fault_of(tmp_path / name, tmp_path / "new.db") or "")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="needs a disk that is always full")
def test_a_full_disk_writes_nothing_over_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.start(FULL_DISK) is None
    logging.getLogger("klagg_tui.tried").warning("no room")
    assert "no room" in logs.newest()[-1]
    assert capsys.readouterr() == ("", "")


def test_what_klagg_ended_on_purpose_is_one_line_and_what_nobody_thought_of_says_where(tmp_path: Path) -> None:
    path = tmp_path / "klagg.log"
    logs.start(path)
    logger = logging.getLogger("klagg_tui.tried")
    for error in (DatabaseBusy("Another klagg is writing."), ConfigError("This is wrong.", "That too.")):
        try:
            raise error from OSError("locked")
        except KlaggError as raised:
            logger.error("the engine ended", exc_info=raised)
    one, two = _logged(path)
    assert one.endswith("klagg_tui.tried: the engine ended: Another klagg is writing.")
    assert two.endswith("klagg_tui.tried: the engine ended: This is wrong. That too.")
    logger.error("the engine ended", exc_info=ZeroDivisionError("oh"))
    assert _logged(path)[-1] == "  | ZeroDivisionError: oh"
