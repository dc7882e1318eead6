"""What is written about figures is what they are."""

from pathlib import Path

import pytest

from klagg_tui.view.screener.figure import FIGURES

_PAGE = (Path(__file__).parents[3] / "docs" / "screener.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", FIGURES)
def test_the_page_says_of_every_figure_what_its_note_says(key: str) -> None:
    figure = FIGURES[key]
    assert f"| `{figure.example}` | {figure.note} |" in _PAGE


def test_the_page_names_no_other_figure() -> None:
    rows = [line for line in _PAGE.splitlines() if line.startswith("| `")]
    assert len(rows) == len(FIGURES)
