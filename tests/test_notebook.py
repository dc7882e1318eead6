"""docs/notebook.md: each section runs, with what is installed here; `make notebooks` runs all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.notebook import CHECKS, DOCUMENT, ROOT, Section, run, sections

OPENING, SECTIONS = sections()
ALWAYS = ("pandas", "Polars", "DuckDB")
"""Their libraries are in the environment of the tests."""


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_block_does_what_it_shows(section: Section, tmp_path: Path) -> None:
    if missing := section.missing():
        assert section.name not in ALWAYS
        pytest.skip(f"{', '.join(missing)} is not installed; make notebooks tries it")
    assert run(OPENING, section, tmp_path) == ""


def test_each_library_has_a_section_of_a_few_lines_and_a_check() -> None:
    assert [section.name for section in SECTIONS] == list(CHECKS)
    for section in SECTIONS:
        assert 1 <= len([line for line in section.python.splitlines() if line.strip()]) <= 7, section.name
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = sum(len(section.blocks) for section in SECTIONS) + 1
    assert text.count("\n```") == 2 * blocks, "a block that nobody runs"


def test_what_fails_is_told(tmp_path: Path) -> None:
    wrong = SECTIONS[1]._replace(name="Polars", blocks=(SECTIONS[1].blocks[0]._replace(text="print(nothing)\n"),))
    assert "NameError: name 'nothing' is not defined" in run(OPENING, wrong, tmp_path)


def test_the_environment_of_notebooks_has_what_the_document_is_about() -> None:
    pins = {line.partition("==")[0] for line in (ROOT / "constraints-notebooks.txt").read_text().splitlines()}
    wanted = {name.lower().replace("_", "-").removesuffix(".py") for name in CHECKS}
    assert wanted <= pins
