"""Changes, and a candle in one cell."""

from klagg_tui.view.columns.change import candle_cell
from tests.makers import bar


def test_a_candle_in_one_cell_shows_where_its_body_is() -> None:
    cells = {
        "┃": bar(open="100", high="110", low="99", close="109"),
        "╿": bar(open="102", high="110", low="90", close="110"),
        "╽": bar(open="98", high="110", low="90", close="90"),
        "│": bar(open="100", high="110", low="90", close="100.1"),
        "╶": bar(open="100"),
    }
    assert {sign: candle_cell(one) for sign, one in cells.items()} == {sign: sign for sign in cells}
