"""Of each bar that several recorders have in one file the surer one stays."""

from __future__ import annotations

from io import BytesIO
from typing import Final, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.sinks import dataset_files as files
from klagg_tui.sinks.dataset_merge import merged
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.days import Day
from klagg_tui.storage.sink_log import SeriesPlace
from tests.makers import DAY, MINUTE, START, SYMBOL, bar

DAY_OF_ALL: Final = Day(SeriesPlace("", SYMBOL, Period.M1), START // DAY)
UNKNOWN: Final = [
    0,
    int(Evidence.NO_COUNT),
    int(Evidence.NO_TURNOVER | Evidence.CANDLE_ONLY),
    int(Evidence.NO_COUNT | Evidence.NO_TURNOVER | Evidence.CANDLE_ONLY),
    int(Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER),
]
Held = dict[int, tuple[Bar, str]]
"""By open time what a file holds, and of whom."""


def own(bars: list[Bar]) -> pl.DataFrame:
    return files.joined([sorted(bars, key=lambda one: one.open_ms)], DAY_OF_ALL.series)


def held(frame: pl.DataFrame) -> dict[int, tuple[tuple[object, ...], str | None]]:
    """The rows of a file and whose they are."""
    rows = frame.select(files.LAYOUT.schema.names()).rows()
    return {int(row[0].timestamp() * 1000): (row, by) for row, by in zip(rows, frame[files.RECORDER], strict=True)}


def expected(model: Held) -> dict[int, tuple[tuple[object, ...], str | None]]:
    rows = own([one for one, _ in model.values()]).rows()
    return {at: (row, model[at][1]) for at, row in zip(sorted(model), rows, strict=True)}


class Recorder(NamedTuple):
    """What is stored by one, and which of it is new."""

    name: str
    bars: dict[int, Bar]
    news: set[int]

    def put_into(self, there: pl.DataFrame) -> pl.DataFrame:
        """The file, read back, after a delivery."""
        bars = merged(own(list(self.bars.values())), there, DAY_OF_ALL, self.name, news=self.news)
        found = files.unpacked(files.packed(bars))
        assert found is not None
        assert found.equals(bars)
        return found

    def fold(self, model: Held) -> None:
        """The same, bar by bar as it is delivered."""
        for at in self.news:
            new, stored = self.bars[at], model.get(at)
            if stored is None or (
                own([new]).rows() != own([stored[0]]).rows() and replaces(new, stored[0], is_own=stored[1] == self.name)
            ):
                model[at] = new, self.name


made_bars = st.builds(
    lambda minute, volume, count, state, evidence: bar(
        START + minute * MINUTE, volume=str(volume), trade_count=count, state=state
    )._replace(evidence=evidence if state is State.CONFIRMED else 0),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from((State.PARTIAL, State.CLOSED, State.CONFIRMED)),
    st.sampled_from(UNKNOWN),
)  # fmt: skip


def is_surer(new: Bar, old: Bar) -> bool:
    return new.state > old.state or (
        new.state is old.state and (new.state is State.CLOSED or replaces(new, old, is_own=False))
    )


def normal(one: Bar) -> Bar:
    """With nothing in the place of what is unknown."""
    lacks = one.evidence
    return one._replace(
        trade_count=0 if lacks & Evidence.NO_COUNT else one.trade_count,
        turnover=0 if lacks & Evidence.NO_TURNOVER else one.turnover,
        taker_buy_volume=0 if lacks & Evidence.NO_TAKER_VOLUME else one.taker_buy_volume,
        taker_buy_turnover=0 if lacks & Evidence.NO_TAKER_TURNOVER else one.taker_buy_turnover,
    )


steps = st.one_of(
    st.tuples(st.just("bar"), st.integers(0, 2), made_bars),
    st.tuples(st.sampled_from(("deliver", "repeat", "die")), st.integers(0, 2), st.none()),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(steps, min_size=1, max_size=25))
def test_in_any_order_of_deliveries_and_deaths_a_file_is_the_rule_folded_over_them_and_never_goes_back(
    given: list[tuple[str, int, Bar | None]],
) -> None:
    recorders = [Recorder(name, {}, set()) for name in "abc"]
    there, model = files.nothing(), Held()
    for what, who, new in given:
        recorder = recorders[who]
        if new is not None:
            old = recorder.bars.get(new.open_ms)
            if old is None or is_surer(new, old):
                recorder.bars[new.open_ms] = normal(new)
                recorder.news.add(new.open_ms)
            continue
        before = dict(model)
        recorder.fold(model)
        there = recorder.put_into(there)
        assert held(there) == expected(model)
        for at, (one, _) in before.items():
            assert one == model[at][0] or is_surer(model[at][0], one)
        if what == "repeat":  # it died behind the write, and does not know of it
            continue
        recorder.news.clear()
        if what == "die":  # for good: another one begins in its place, which knows as much or less
            recorders[who] = Recorder(recorder.name + "'", {}, set())


def test_two_whose_days_are_written_in_turns_do_not_put_back_each_others() -> None:
    confirmed = [bar(START + n * MINUTE, state=State.CONFIRMED) for n in range(3)]
    one = Recorder("one", {each.open_ms: each for each in confirmed}, {each.open_ms for each in confirmed})
    two = Recorder("two", {at: each._replace(trade_count=999) for at, each in one.bars.items()}, set(one.news))
    there = two.put_into(one.put_into(files.nothing()))
    assert set(there["count"]) == {999}
    for _ in range(3):
        for recorder in (one, two):
            recorder.news.clear()
            assert recorder.put_into(there).equals(there)


def test_a_file_of_before_and_one_of_which_nobody_knows_whose_it_is_are_merged() -> None:
    whole = [bar(START + n * MINUTE, state=State.CLOSED) for n in range(4)]
    lacking = [one._replace(state=State.PARTIAL, volume=1, trade_count=1) for one in whole]
    for words, keeps in (
        ({"klagg.recorder": "old"}, "old"),
        ({}, None),
        ({"klagg.recorders": '[["x", 3]]'}, None),
        ({"klagg.recorders": "x"}, None),
    ):
        target = BytesIO()
        own([*whole[:2], *lacking[2:]]).write_parquet(target, metadata=words)
        there = files.unpacked(target.getvalue())
        assert there is not None
        recorder = Recorder(
            "new", {one.open_ms: one for one in (*lacking[:2], *whole[2:])}, {one.open_ms for one in whole}
        )
        found = recorder.put_into(there)
        assert list(found["state"]) == ["closed"] * 4
        assert list(found[files.RECORDER]) == [keeps, keeps, "new", "new"]


def test_of_what_is_not_stored_any_more_only_its_own_goes_and_what_is_old_stays() -> None:
    bars = [bar(START + n * MINUTE, state=State.CLOSED) for n in range(6)]
    first = Recorder("one", {one.open_ms: one for one in bars[:4]}, set()).put_into(files.nothing())
    both = Recorder("two", {one.open_ms: one for one in bars}, set()).put_into(first)
    left = own([bars[3]])
    swept = [(START + MINUTE, START + 2 * MINUTE)]
    found = merged(left, both, DAY_OF_ALL, "one", news=(), aged_ms=START + 3 * MINUTE, swept=swept)
    assert held(found).keys() == {one.open_ms for one in (bars[0], *bars[2:])}
    assert list(found[files.RECORDER]) == ["one", "one", "one", "two", "two"]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 100])
def test_what_is_no_file_of_klagg_is_found_out(data: bytes) -> None:
    assert files.unpacked(data) is None
    strange = own([bar(START)]).with_columns(state=pl.lit("strange"))
    for frame in (pl.DataFrame({"a": [1]}), strange, pl.concat([own([bar(START)])] * 2)):
        target = BytesIO()
        frame.write_parquet(target)
        assert files.unpacked(target.getvalue()) is None
