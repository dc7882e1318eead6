"""Where a library is missing, the command that is told brings it to the klagg that misses it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from klagg_tui.errors import SinkError
from klagg_tui.sinks.nats_connection import require_library


def said(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "nats", None)
    with pytest.raises(SinkError) as missed:
        require_library()
    return str(missed.value)


@pytest.mark.parametrize(
    ("sign", "command"), [("pipx_metadata.json", "pipx install --force"), ("uv-receipt.toml", "uv tool install")]
)
def test_an_environment_that_a_program_manages_is_left_to_it(
    sign: str, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / sign).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert said(monkeypatch) == f"NATS needs nats-py, which is not installed: {command} 'klagg-tui[nats]'."


def test_in_any_other_environment_its_own_python_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "of mine"))
    assert f"'{tmp_path}/of mine/bin/python' -m pip install 'klagg-tui[nats]'." in said(monkeypatch)


def test_without_one_it_is_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert said(monkeypatch).endswith(": pip install 'klagg-tui[nats]'.")
