"""What is said where a filter lets nothing through."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.view import filter as filters
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.nearest import nearest_text
from tests.makers import START, bar

SCOPE = Scope({"busy": "vol>50 trades>1"})


def _rows() -> list[Row]:
    rows = []
    for symbol, volume, close in (("A", "3", "101"), ("B", "5", "99"), ("C", "9", "100")):
        row = Row(symbol)
        row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
        rows.append(row)
    rows.append(Row("D"))
    return rows


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vol>10", "Nearest is C with vol at 9.00."),
        ("vol>10 chg>0", "Without vol>10, 1 symbol matches.\nNearest is A with vol at 3.00."),
        ("vol>10 chg>7 last>1", "vol>10 excludes most: 0 of 4 symbols match it."),
        ("vol>10 last>1", "Without vol>10, 3 symbols match.\nNearest is C with vol at 9.00."),
        ("vol>6 && chg>0.5", "Without vol>6, 1 symbol matches.\nNearest is A with vol at 3.00."),
        ("@busy", "vol>50 excludes most: 0 of 4 symbols match it."),
        ("rsi(1h)<30", "rsi(1h) is known of no symbol."),
        ("zz", ""),
        ("zz or vol>10", ""),
        ("!(vol>1)", "Nearest is A with vol at 3.00."),
    ],
)
def test_it_says_what_excludes_most_and_which_symbol_is_nearest(text: str, told: str) -> None:
    rows = _rows()
    if text.startswith("!"):
        rows = rows[:3]
    assert nearest_text(rows, filters.read(text, SCOPE), Period.M1, START) == told
