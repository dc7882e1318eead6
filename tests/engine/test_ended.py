from __future__ import annotations

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.ended import EndedBars
from klagg_tui.engine.minute import FormingMinute
from klagg_tui.engine.period import Period
from klagg_tui.engine.readers import Reader, Readers
from klagg_tui.engine.rollup import RollUp
from tests.makers import MINUTE, START, SYMBOL, bar


class Scene:
    """Ended bars of 1m and 5m, the forming minute behind them, and a reader."""

    def __init__(self, *minutes: Bar) -> None:
        readers = Readers()
        self.reader: Reader = readers.add()
        self.ended = EndedBars(RollUp(SYMBOL, (Period.M5,), 1, 64), readers)
        self.ended.begin(START, (), START)
        for minute in minutes:
            self.ended.end(minute)
        self.forming = FormingMinute()
        last = minutes[-1]
        self.forming.start_minute(last.end_ms, last.close, State.FORMING)

    def told(self, place: int, period: Period = Period.M1) -> Bar:
        return self.reader.ended[SYMBOL, period, START + place * MINUTE]


def flat(place: int, price: str = "5") -> Bar:
    return bar(START + place * MINUTE, price, volume="0", turnover_text="0", trade_count=0)


def test_a_larger_bar_ends_with_its_last_minute() -> None:
    scene = Scene(*(bar(START + place * MINUTE, "5") for place in range(5)))
    assert scene.told(0, Period.M5).trade_count == 5


def test_flat_minutes_and_the_forming_price_follow_the_minute_that_changed_before_them() -> None:
    scene = Scene(bar(START, "5"), flat(1), flat(2))
    scene.ended.replace([bar(START, "5", close="6", high="6")], scene.forming)
    assert [scene.told(place).close for place in range(3)] == [parsing.price("6")] * 3
    assert scene.forming.close == parsing.price("6")


def test_the_price_of_a_forming_minute_that_was_traded_stays() -> None:
    scene = Scene(bar(START, "5"))
    scene.forming.load_minute(bar(START + MINUTE, "8"))
    scene.ended.replace([bar(START, "5", close="6", high="6")], scene.forming)
    assert scene.forming.close == parsing.price("8")


def test_minutes_from_that_time_on_are_restated_but_not_the_exchanges_own() -> None:
    scene = Scene(
        *(bar(START + place * MINUTE, "5") for place in range(3)),
        bar(START + 3 * MINUTE, state=State.CONFIRMED),
    )
    assert scene.ended.restate(START + MINUTE, lambda _: State.PARTIAL, scene.forming)
    states = [State.CLOSED, State.PARTIAL, State.PARTIAL, State.CONFIRMED]
    assert [scene.told(place).state for place in range(4)] == states
    assert not scene.ended.restate(START + MINUTE, lambda _: State.PARTIAL, scene.forming)
    assert scene.ended.minute_at(START + 4 * MINUTE) is None


def test_a_minute_that_only_the_clock_ended_is_given_out_as_partial() -> None:
    scene = Scene(*(bar(START + place * MINUTE, "5") for place in range(4)), flat(4)._replace(state=State.FORMING))
    assert scene.told(4).state is scene.told(0, Period.M5).state is State.PARTIAL
    assert scene.ended.has_open
    scene.ended.restate(START, lambda _: State.CLOSED, scene.forming)
    assert scene.told(4).state is scene.told(0, Period.M5).state is State.CLOSED
    assert not scene.ended.has_open
