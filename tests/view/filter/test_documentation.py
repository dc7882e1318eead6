"""What is written about the language can be read."""

import re
from pathlib import Path

import pytest

from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.filter import Scope
from klagg_tui.view.filter.scope import FUNCTIONS
from klagg_tui.view.screener.figure import FIGURES

SCOPE = Scope({"mine": "btc"}, {"hot": "rvol(5m)*abs(chg(5m))", "liquid": "turnover(24h)>5m"})
_PAGE = Path(__file__).parents[3] / "docs" / "language.md"


def _help_examples() -> list[str]:
    lines = [line[4:30].strip() for line in (filters.__doc__ or "").splitlines() if line.startswith("    ")]
    return [part for line in lines[:-1] for part in re.split(r"\s{2,}", line)]


@pytest.mark.parametrize("text", _help_examples())
def test_every_example_of_the_help_is_a_filter_or_a_number(text: str) -> None:
    try:
        filters.read(text, SCOPE)
    except FilterError:
        filters.read_number(text, SCOPE)


def test_the_page_names_every_figure_and_function_and_its_examples_are_filters() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    for name in (*FIGURES, *FUNCTIONS, *(f"@{name}" for name in filters.PRESETS if name == "movers")):
        assert re.search(rf"`{name}[`(]", page), name
    for line in page.partition("```\n")[2].partition("```")[0].splitlines():
        filters.read(line, SCOPE)
