"""The manual page is that of the commands and settings that there are."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from klagg_tui import __version__
from klagg_tui.cli import COMMANDS
from klagg_tui.config.table import SETTINGS
from tools.shipped import SHARE, files

PAGE = SHARE / "man" / "man1" / "klagg.1"


def test_what_is_shipped_is_up_to_date() -> None:
    there = {str(path.relative_to(SHARE)) for path in SHARE.rglob("*") if path.is_file()}
    assert there == set(files())
    for name, text in files().items():
        assert (SHARE / name).read_text(encoding="utf-8") == text, "`python -m tools.shipped` writes it anew"


def test_the_page_has_every_command_and_setting() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"klagg {__version__}" in page
    sections = set(re.findall(r"^\.SS (.+)$", page, re.MULTILINE))
    assert {f"klagg {name}" for name in COMMANDS} <= sections
    assert {"klagg db backup", "klagg service install", "klagg alerts add"} <= sections
    plain = page.replace("\\-", "-")
    assert [setting.flag for setting in SETTINGS if f"\\fB{setting.flag}\\fR" not in plain] == []
    assert "[bold]" not in page


def test_the_page_is_drawn_without_a_complaint() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("no groff is installed here")
    drawn = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-K", "utf8", PAGE], capture_output=True, text=True, check=True
    )
    assert drawn.stderr == ""
    assert "klagg record" in drawn.stdout
