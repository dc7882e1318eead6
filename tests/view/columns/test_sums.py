"""Volume, turnover and number of trades."""

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import InstrumentFacts
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


def test_a_sum_that_the_exchange_does_not_tell_is_a_dash_and_no_value() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    for key, lacks in (
        ("turnover", Evidence.NO_TURNOVER),
        ("trades", Evidence.NO_COUNT),
        ("taker", Evidence.NO_TAKER_VOLUME),
    ):
        known = bar(taker_buy_volume="0.5")
        unknown = known._replace(evidence=lacks)
        column = BY_KEY[key]
        assert column.draw(Row("A"), unknown, context, 8)[0] == "–"
        assert column.measure(Row("A"), unknown, START) is None
        assert column.draw(Row("A"), known, context, 8)[0] != "–"
        assert column.measure(Row("A"), known, START) is not None


def test_a_turnover_that_is_no_dollars_is_faint_beside_those_that_are() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    roles = {}
    for quote in ("USDT", "", "BTC"):
        row = Row("A")
        row.learn(InstrumentFacts(quote=quote))
        roles[quote] = BY_KEY["turnover"].draw(row, bar(), context, 8)[1]
    assert roles == {"USDT": Role.TEXT, "": Role.TEXT, "BTC": Role.FAINT}
