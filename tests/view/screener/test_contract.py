"""Figures of what is told beside trades: the present of each, changes and sums over windows, and nothing that is too old."""

from __future__ import annotations

import random

import pytest

from klagg_tui.engine.derivatives import DerivativeMinute, rate
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view.columns.figures import figure_column
from klagg_tui.view.model import Market
from klagg_tui.view.screener.contract import Contract, Minutes
from klagg_tui.view.screener.figure import FIGURES, parsed
from tests.makers import MINUTE, START

SYMBOL = "BTCUSDT"
TOLD = tuple(str(parsed(figure.example, tuple(Period))) for figure in FIGURES.values() if figure.is_told)


def minute(at: int = 0, **values: int | None) -> DerivativeMinute:
    """As the exchange tells it."""
    made = DerivativeMinute(
        SYMBOL,
        START + at * MINUTE,
        price("60030"),
        price("60000"),
        rate("-0.0001"),
        START + 8 * 60 * MINUTE,
        28_800_000,
        None,
        0,
        0,
        0,
        0,
        0,
        0,
    )
    return made._replace(**values)  # type: ignore[arg-type]  # of the fields behind the symbol


class Scene:
    """A market of one contract, in which every figure of this kind is in use."""

    def __init__(self, *calls: str) -> None:
        self.market = Market()
        self.market.apply(FeedUpdate(symbols_added=(SYMBOL,)))
        self.market.screener.use([parsed(call, tuple(Period)) for call in calls or TOLD])
        self.at(0)

    def at(self, minutes: float) -> None:
        """The market's time."""
        self.market.screener.now_ms = START + int(minutes * MINUTE)

    def tell(self, *minutes: DerivativeMinute) -> set[str]:
        now_ms = self.market.screener.now_ms
        touched = self.market.apply(FeedUpdate(derivatives=minutes))
        self.market.screener.now_ms = now_ms
        return touched

    def value(self, call: str) -> float | None:
        return self.market.rows[SYMBOL].figure(parsed(call, tuple(Period)))

    def coverage(self, call: str) -> float:
        return self.market.rows[SYMBOL].coverage(parsed(call, tuple(Period)))

    def drawn(self, call: str) -> str:
        from klagg_tui.view.columns.column import RenderContext
        from tests.makers import bar

        column = figure_column(parsed(call, tuple(Period)))
        text, _ = column.draw(self.market.rows[SYMBOL], bar(), RenderContext(Period.M1, START, is_stale=False), 9)
        return text.strip()


def test_the_present_is_read_from_the_newest_minute_told() -> None:
    scene = Scene()
    scene.tell(minute())
    assert (scene.value("mark"), scene.value("index")) == (60030.0, 60000.0)
    assert scene.value("basis") == pytest.approx(0.05)
    assert scene.value("funding") == pytest.approx(-0.01)
    assert scene.value("funding_year") == pytest.approx(-0.01 * 3 * 365)
    assert scene.value("funding_in") == 480
    scene.at(2.5)
    assert scene.value("funding_in") == 477.5
    assert scene.coverage("mark") == 1
    scene.tell(minute(1, mark_price=price("60060")), minute(0))
    assert scene.value("mark") == 60060.0


def test_what_was_told_too_long_ago_or_not_at_all_is_unknown() -> None:
    scene = Scene()
    assert [scene.value(call) for call in TOLD] == [None] * len(TOLD)
    scene.tell(minute(open_interest=quantity("10")))
    scene.at(6)
    assert [scene.value(call) for call in ("mark", "index", "basis", "funding", "oi_value")] == [None] * 5
    assert scene.value("open_interest") == 10
    scene.at(61)
    assert scene.value("open_interest") is None


def test_what_an_exchange_leaves_out_is_unknown() -> None:
    scene = Scene()
    blank: dict[str, int | None] = {
        "index_price": None,
        "funding_rate": None,
        "next_funding_ms": None,
        "long_count": None,
    }
    scene.tell(minute()._replace(**blank))  # type: ignore[arg-type]
    assert [scene.value(call) for call in ("index", "basis", "funding", "funding_in", "funding_year")] == [None] * 5
    assert (scene.value("liq_long(1h)"), scene.coverage("liq_long(1h)")) == (None, 0.0)
    unpaid = Scene()
    unpaid.tell(minute(funding_every_ms=None))
    assert unpaid.value("funding_year") is None


def test_how_often_funding_is_paid_is_told_now_and_then_and_remembered() -> None:
    scene = Scene()
    scene.tell(minute(0, mark_price=None), minute(1, funding_every_ms=None))
    scene.at(1)
    assert scene.value("funding_year") == pytest.approx(-0.01 * 3 * 365)
    scene.tell(minute(2, mark_price=None, funding_every_ms=4 * 3_600_000), minute(1))
    assert scene.value("funding_year") == pytest.approx(-0.01 * 6 * 365)


def test_funding_is_in_no_time_once_it_is_due() -> None:
    scene = Scene()
    scene.tell(minute(next_funding_ms=START))
    scene.at(1)
    assert scene.value("funding_in") == 0


def test_open_interest_is_worth_its_mark_price_unless_it_counts_contracts() -> None:
    scene = Scene()
    scene.tell(minute(open_interest=quantity("10")))
    assert scene.value("oi_value") == 600_300.0
    scene.market.apply(FeedUpdate(instruments={SYMBOL: InstrumentFacts(is_inverse=True)}))
    scene.at(0)
    assert (scene.value("open_interest"), scene.value("oi_value")) == (10, None)


def test_a_change_of_open_interest_is_against_the_window_s_beginning() -> None:
    scene = Scene()
    scene.tell(*(minute(at, open_interest=quantity(str(100 + at))) for at in range(0, 125, 5)))
    scene.at(120)
    assert scene.value("oi(1h)") == pytest.approx((220 - 160) * 100 / 160)
    assert scene.coverage("oi(1h)") == 1
    scene.at(123)  # told at 60, before the window, lately enough
    assert scene.value("oi(1h)") == pytest.approx((220 - 160) * 100 / 160)


def test_a_change_of_open_interest_is_told_once_nearly_all_of_its_window_is_known() -> None:
    scene = Scene()
    scene.at(120)
    assert (scene.value("oi(1h)"), scene.coverage("oi(1h)")) == (None, 0.0)
    scene.tell(minute(90, open_interest=quantity("100")))
    assert scene.value("oi(1h)") is None
    scene.tell(minute(120, open_interest=quantity("110")))
    assert (scene.value("oi(1h)"), scene.coverage("oi(1h)")) == (None, 0.5), "it would be that of half an hour"
    scene.tell(minute(30, open_interest=quantity("55")))  # too long before the window
    assert scene.value("oi(1h)") is None
    scene.tell(minute(65, open_interest=quantity("88")))
    assert scene.value("oi(1h)") == pytest.approx(25)
    scene.tell(minute(65, open_interest=0))
    assert scene.value("oi(1h)") is None


def test_liquidations_of_a_window_add_up_by_side_and_say_since_when_they_are_told() -> None:
    scene = Scene()
    paid = {at: turnover(str(at + 1)) for at in (0, 30, 59)}
    scene.tell(*(minute(at, mark_price=None, long_turnover=value, long_count=1) for at, value in paid.items()))
    assert scene.value("liq_long(1h)") is None  # of an earlier run alone
    scene.at(60)
    scene.tell(minute(60, short_turnover=turnover("7"), short_count=1), minute(58))
    assert (scene.value("liq_long(1h)"), scene.value("liq_short(1h)")) == (31 + 60, 7)
    assert scene.coverage("liq_long(1h)") == 3 / 60
    assert scene.value("liq_long(1h)") == sum(float(at + 1) for at in paid if at >= 60 - 59)


def test_only_figures_in_use_touch_a_row() -> None:
    assert Scene("chg(1h)").tell(minute()) == set()
    scene = Scene("chg(1h)", "mark")
    before = scene.market.rows[SYMBOL].version
    assert scene.tell(minute(), minute()._replace(symbol="NOSUCH")) == {SYMBOL}
    assert scene.market.rows[SYMBOL].version == before + 1


def test_minutes_stay_in_order_and_the_oldest_leave() -> None:
    held = Minutes()
    given = list(range(12_000))
    random.Random(1).shuffle(given)
    for at in given:
        held.put(at, at)
    assert list(held.at) == sorted(held.at)
    assert set(range(12_000 - 10_080, 12_000)) <= set(held.at)
    assert len(held.at) < 10_080 + 15 + 512 + 1
    held.put(11_999, 1)
    assert held.total(11_998, 20_000) == 11_999


def test_the_minute_under_way_is_at_least_the_one_that_was_told() -> None:
    contract = Contract(lambda: START)
    contract.take(minute(3))
    assert contract.minute == START // MINUTE + 3


@pytest.mark.parametrize(
    ("call", "drawn"),
    [
        ("mark", "60,030"),
        ("basis", "+0.0500%"),
        ("funding", "-0.0100%"),
        ("funding_in", "8:00"),
        ("funding_year", "-10.95%"),
        ("open_interest", "10.0"),
        ("oi_value", "600K"),
    ],
)
def test_columns_draw_them_in_their_units(call: str, drawn: str) -> None:
    scene = Scene()
    scene.tell(minute(open_interest=quantity("10")))
    assert scene.drawn(call) == drawn


def test_a_rate_past_all_bounds_fits_its_column() -> None:
    scene = Scene()
    scene.tell(minute(funding_rate=rate("-12.5")))
    assert len(scene.drawn("funding")) <= 9
