"""The socket of a recorder: for its user alone from its first moment on, beside its database, and nobody else's file."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from klagg_tui.attach import place
from klagg_tui.attach.place import is_ours, listen, places


def test_it_lies_beside_the_database_and_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        listening = listen(tmp_path / "klagg.db")
    finally:
        os.umask(before)
    assert listening.path == tmp_path / "klagg.db.sock"
    assert stat.S_IMODE(listening.path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["klagg.db.sock"]
    with socket.socket(socket.AF_UNIX) as window:
        window.connect(str(listening.path))
    listening.remove()
    listening.socket.close()
    assert list(tmp_path.iterdir()) == []


def test_it_is_bound_where_nobody_else_may_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[int] = []
    chmod = Path.chmod

    def seen(path: Path, mode: int) -> None:
        bound.append(stat.S_IMODE(path.parent.stat().st_mode))
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", seen)
    listening = listen(tmp_path / "klagg.db")
    listening.socket.close()
    assert bound == [0o700]


def test_what_a_killed_recorder_left_behind_is_replaced_and_its_end_takes_nothing_from_the_next(tmp_path: Path) -> None:
    killed = listen(tmp_path / "klagg.db")
    killed.socket.close()
    listening = listen(tmp_path / "klagg.db")
    killed.remove()
    assert is_ours(listening.path)
    with socket.socket(socket.AF_UNIX) as window:
        window.connect(str(listening.path))
    listening.remove()
    listening.socket.close()


def test_a_file_of_that_name_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_own_folder", lambda: tmp_path / "own")
    (tmp_path / "klagg.db.sock").write_text("a letter")
    listening = listen(tmp_path / "klagg.db")
    assert listening.path.parent == tmp_path / "own"
    assert (tmp_path / "klagg.db.sock").read_text() == "a letter"
    assert not is_ours(tmp_path / "klagg.db.sock")
    listening.remove()
    listening.socket.close()


def test_where_the_name_is_too_long_it_is_in_the_users_own_folder_and_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_own_folder", lambda: tmp_path / "own")
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    listening = listen(deep / "klagg.db")
    assert listening.path.parent == tmp_path / "own"
    assert stat.S_IMODE(listening.path.parent.stat().st_mode) == 0o700
    assert list(places(deep / "klagg.db")) == [listening.path]
    assert listening.path not in list(places(deep / "other.db"))
    listening.remove()
    listening.socket.close()
    assert not (tmp_path / "own").exists()


def test_a_folder_that_others_may_look_into_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_own_folder", lambda: tmp_path / "own")
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o755)
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with pytest.raises(PermissionError):
        listen(deep / "klagg.db")


def test_a_database_is_found_by_every_name_it_has(tmp_path: Path) -> None:
    (tmp_path / "klagg.db").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link.db").symlink_to(tmp_path / "klagg.db")
    assert list(places(tmp_path / "elsewhere" / "link.db")) == list(places(tmp_path / "klagg.db"))
