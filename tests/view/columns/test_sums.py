"""Volume, turnover and number of trades."""

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import BY_KEY
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from tests.makers import START, bar


def test_a_partial_bar_shows_its_sums_as_partial() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    for key in ("vol", "turnover", "trades"):
        one = bar(state=State.PARTIAL)
        assert BY_KEY[key].draw(Row("A"), one, context, 8)[1] == Role.PARTIAL
