"""Panes below the candles, curves, values in words."""

import pytest

from klagg_tui import formatting
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.parsing import quantity
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.candles import Chart, Picture, draw
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.indicators.delta import cvd
from klagg_tui.view.indicators.profile import PROFILE
from klagg_tui.view.indicators.registry import OVER, PANES
from klagg_tui.view.indicators.rsi import rsi
from klagg_tui.view.role import Role
from tests.makers import MINUTE, START, bar

BARS = [
    bar(START + i * MINUTE, str(100 + i % 7), volume="8")._replace(taker_buy_volume=i % 9 * 10**8) for i in range(90)
]
ALL = tuple(pane.key for pane in PANES)


def _lines(picture: Picture) -> list[str]:
    return ["".join(piece.text for piece in row) for row in picture.rows]


def _cells(picture: Picture, y: int) -> list[tuple[str, int]]:
    return [(letter, piece.role) for piece in picture.rows[y] for letter in piece.text]


def _drawn(height: int = 60, indicators: tuple[str, ...] = ALL, cross: int | None = None, width: int = 100) -> Picture:
    return draw(BARS, Chart(width, height, Period.M1, 2, 1, cross=cross, indicators=indicators))


def test_the_chosen_panes_stand_below_the_candles_in_their_order() -> None:
    lines = _lines(_drawn())
    rows = [next(y for y, line in enumerate(lines) if line.startswith(f" {pane.word}")) for pane in PANES[:4]]
    assert rows == sorted(rows)
    picture = _drawn()
    assert picture.scale is not None
    assert rows[0] > picture.scale.rows
    assert not any(pane.word in "\n".join(_lines(_drawn(indicators=()))) for pane in PANES)


@pytest.mark.parametrize(("height", "count"), [(8, 0), (12, 1), (24, 2), (33, 3), (40, 4), (60, 4)])
def test_panes_never_take_more_than_half_of_the_rows(height: int, count: int) -> None:
    lines = _lines(_drawn(height))
    assert sum(any(line.startswith(f" {pane.word}") for line in lines) for pane in PANES) == count


def test_a_pane_tells_the_value_under_the_crosshair() -> None:
    line = next(line for line in _lines(_drawn(cross=8)) if line.startswith(" Delta"))
    assert line.split("┈")[0] == " Delta  8.00  "
    newest = next(line for line in _lines(_drawn()) if line.startswith(" Delta"))
    assert newest.split("┈")[0] == " Delta  8.00  "
    before = next(line for line in _lines(_drawn(cross=3)) if line.startswith(" RSI"))
    assert before.split("┈")[0] == " RSI 14  –  "


def test_columns_stand_on_their_side_of_zero_in_the_colours_of_gain_and_loss() -> None:
    picture = _drawn(indicators=("delta",))
    top = next(y for y, line in enumerate(_lines(picture)) if line.startswith(" Delta"))
    rows = range(top + 1, 59)
    x = picture.left
    for index, role in ((0, Role.LOSS_VOLUME), (4, None), (8, Role.GAIN_VOLUME), (5, Role.GAIN_VOLUME)):
        column = [_cells(picture, y)[x + index] for y in rows]
        assert {found for letter, found in column if letter in "█▀▄"} == ({role} if role else set())
    full = [_cells(picture, y)[x + 8][0] for y in rows]
    least = [_cells(picture, y)[x + 5][0] for y in rows]
    assert sum(map("█".__eq__, full)) > sum(map("█".__eq__, least))


def test_what_the_exchange_does_not_tell_is_left_empty() -> None:
    bars = [one._replace(evidence=Evidence.NO_TAKER_VOLUME) for one in BARS]
    lines = _lines(draw(bars, Chart(100, 40, Period.M1, 2, 1, indicators=("delta", "cvd"))))
    assert sum(line.startswith((" Delta  –", " CVD  –")) for line in lines) == 2


def test_levels_are_always_on_view_and_named_at_the_right() -> None:
    picture = _drawn(indicators=("rsi",))
    right = [line[picture.plot_width :].strip() for line in _lines(picture)]
    assert right.index("70") < right.index("30")


def test_the_values_of_what_is_over_the_candles_stand_above_them_as_far_as_there_is_room() -> None:
    keys = tuple(each.key for each in OVER)
    first = _lines(_drawn(indicators=keys, width=150))[0]
    assert first.startswith(" averages 7 25 99  103.00  ")
    assert all(each.word in first or each is PROFILE for each in OVER)
    assert " POC  " in first
    narrow = _lines(_drawn(indicators=keys, width=40))[0]
    assert narrow.split()[:5] == ["averages", "7", "25", "99", "103.00"]
    assert "VWAP" not in narrow
    less = _lines(_drawn(indicators=keys, width=80))[0]
    assert "EMA 20  103.12" in less
    assert "Bollinger" not in less  # a name without all its values says nothing
    assert "averages" not in _lines(_drawn(height=11, indicators=keys))[0]


def test_an_even_market_has_a_flat_curve() -> None:
    bars = [bar(START + i * MINUTE, "100", volume="8")._replace(taker_buy_volume=4 * 10**8) for i in range(40)]
    lines = _lines(draw(bars, Chart(60, 40, Period.M1, 2, 1, indicators=("cvd", "delta"))))
    assert any(line.startswith(" CVD  0") for line in lines)


def test_with_very_many_bars_the_values_are_those_made_from_all_of_them() -> None:
    bars = [
        bar(START + i * MINUTE, str(100 + i * 37 % 23), volume="8")._replace(taker_buy_volume=i % 9 * 10**8)
        for i in range(2_000)
    ]
    lines = _lines(draw(bars, Chart(100, 60, Period.M1, 2, 1, indicators=("rsi", "cvd", "averages"))))
    for word, value in (("RSI 14", rsi(14, bars, Period.M1)[-1]), ("CVD", cvd(bars, Period.M1)[-1])):
        assert value is not None
        assert any(line.startswith(f" {word}  {formatting.short(value)}") for line in lines)


@pytest.mark.parametrize(
    ("closes", "ends"),
    [(("1000", "2000"), {"1.0000K", "2.0000K"}), (("70000.1", "70004.9"), {"70.000K", "70.005K"}), (("7", "7"), set())],
)
def test_the_ends_of_a_pane_are_told_apart(closes: tuple[str, str], ends: set[str]) -> None:
    history = ContractHistory()
    bars = [bar(START + i * MINUTE) for i in range(2)]
    for one, held in zip(bars, closes, strict=True):
        history.take([DerivativeMinute("BTCUSDT", one.open_ms, open_interest=quantity(held))])
    picture = draw(bars, Chart(80, 40, Period.M1, indicators=("open_interest",), contract=history))
    lines = _lines(picture)
    top = next(y for y, line in enumerate(lines) if line.startswith(" Open interest"))
    assert {line[picture.plot_width :].strip() for line in lines[top + 1 : -1]} - {""} == ends


def test_the_axis_is_wide_enough_for_old_prices_that_had_more_digits() -> None:
    bars = [bar(START + i * MINUTE, "123456.75" if i < 50 else "9.25", volume="12345") for i in range(400)]
    picture = draw(bars, Chart(80, 30, Period.M1, 2, 2, end=45, cross=44))
    assert any(line.endswith("╴123,456.75 ") for line in _lines(picture))
    newest = draw(bars, Chart(80, 30, Period.M1, 2, 2))
    assert newest.plot_width > picture.plot_width
    assert any(line[newest.plot_width :].strip() == "12.3K" for line in _lines(newest))
