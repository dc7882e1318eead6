"""Order, columns, layout, sparklines, lists, alerts and preferences choices."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.feed import Mode, Status
from klagg_tui.view import watchlists
from klagg_tui.view.alerts import Alerts
from klagg_tui.view.axes import PriceScale, price_ticks, time_ticks
from klagg_tui.view.columns.change import candle_cell
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import BY_KEY, COLUMNS, DEFAULT_KEYS, find, view_columns
from klagg_tui.view.health import FIGURES, Health, column_lines, log_pieces
from klagg_tui.view.indicators.averages import average
from klagg_tui.view.indicators.vwap import vwap
from klagg_tui.view.layout import LEAD, Widths, place
from klagg_tui.view.model import Row
from klagg_tui.view.preferences import Preferences, from_plain
from klagg_tui.view.role import HEAT_STEPS, ROLES, Role, heat
from klagg_tui.view.series import Series
from klagg_tui.view.sorting import Sort, ordered
from klagg_tui.view.sparkline import balance, sparkline
from tests.makers import DAY, MINUTE, START, bar


def _row(symbol: str, close: str, volume: str = "1") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
    return row


def _names(rows: list[Row]) -> list[str]:
    return [row.symbol for row in rows]


# Order.


def test_rows_are_ordered_by_value_then_by_name_and_those_without_a_value_come_last() -> None:
    rows = [Row("EMPTY"), _row("B", "101"), _row("C", "99"), _row("A", "101")]
    assert _names(ordered(rows, Sort("chg"), Period.M1, START)) == ["A", "B", "C", "EMPTY"]
    assert _names(ordered(rows, Sort("chg", descending=False), Period.M1, START)) == ["C", "A", "B", "EMPTY"]
    assert _names(ordered(rows, Sort("symbol", descending=False), Period.M1, START)) == ["A", "B", "C", "EMPTY"]


def test_the_same_column_again_turns_the_order_round() -> None:
    assert Sort("chg").by("chg") == Sort("chg", descending=False)
    assert Sort("chg").by("vol") == Sort("vol")
    assert Sort("chg").by("symbol") == Sort("symbol", descending=False)


def test_every_column_can_be_sorted_by() -> None:
    rows = [_row("A", "101"), _row("B", "99"), Row("EMPTY")]
    for column in (*COLUMNS, *view_columns((), DEFAULT_PERIODS, all_periods=True)):
        assert len(ordered(rows, Sort(column.key), Period.M1, START)) == 3
        assert find(column.key) is not None


# Columns and their places.


@given(st.integers(0, 320), st.integers(10, 16), st.integers(8, 14), st.booleans())
def test_columns_never_overlap_nor_leave_their_room(room: int, symbol: int, price: int, all_periods: bool) -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods)
    x = LEAD
    for placed in place(columns, room, Widths(symbol, price)):
        assert placed.x == x + placed.gap
        x = placed.x + placed.width
    assert x <= max(room, LEAD)


def test_the_least_important_columns_go_first() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False)
    widths = Widths(12, 9)
    shown = [{placed.column.key for placed in place(columns, room, widths)} for room in range(200, 40, -1)]
    for wide, narrow in itertools.pairwise(shown):
        assert narrow <= wide
        for gone in wide - narrow:
            assert all(BY_KEY[gone].importance < BY_KEY[kept].importance for kept in narrow)
    assert {"symbol", "last", "chg"} <= shown[-1]


def test_every_column_draws_no_wider_than_its_place() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    row = _row("BTCUSDT", "101")
    row.last_trade_ms = START
    one = row.bar(Period.M1)
    assert one is not None
    for placed in place(COLUMNS, 300, Widths(12, 10)):
        if placed.column.parts is not None:
            text = "".join(piece for piece, _ in placed.column.parts(row, one, context, placed.width))
            assert len(text) == placed.width
        assert len(placed.column.draw(row, one, context, placed.width)[0]) <= placed.width


def test_a_candle_in_one_cell_shows_where_its_body_is() -> None:
    cells = {
        "┃": bar(open="100", high="110", low="99", close="109"),
        "╿": bar(open="102", high="110", low="90", close="110"),
        "╽": bar(open="98", high="110", low="90", close="90"),
        "│": bar(open="100", high="110", low="90", close="100.1"),
        "╶": bar(open="100"),
    }
    assert {sign: candle_cell(one) for sign, one in cells.items()} == {sign: sign for sign in cells}


@given(st.one_of(st.none(), st.floats(-1e6, 1e6)), st.floats(0, 100))
def test_heat_is_always_one_of_the_styles_there_are(value: float | None, full: float) -> None:
    role = heat(value, full)
    assert Role.HEAT <= role < ROLES
    if value and full:
        assert (role - Role.HEAT - HEAT_STEPS) * value >= 0


# Sparklines.


@given(st.lists(st.integers(0, 10**15), max_size=80), st.integers(0, 60))
def test_a_sparkline_has_its_width_and_the_highest_value_the_highest_block(values: list[int], width: int) -> None:
    drawn = sparkline(values, width)
    shown = values[-width:] if width else []
    assert len(drawn) == width
    if len(set(shown)) > 1:
        blocks = drawn[-len(shown) :]
        assert blocks[shown.index(max(shown))] == "█"
        assert blocks[shown.index(min(shown))] == "▁"


@given(st.floats(-1, 2), st.integers(0, 40))
def test_a_balance_fills_its_width(share: float, width: int) -> None:
    bought, sold = balance(share, width)
    assert len(bought) + len(sold) == width


# Curves and axes.


def test_an_average_begins_when_there_are_bars_enough() -> None:
    bars = [bar(START + i * MINUTE, str(i + 1)) for i in range(4)]
    assert average(3, bars, Period.M1) == [None, None, 2 * 10**8, 3 * 10**8]


def test_a_volume_weighted_price_begins_anew_each_day() -> None:
    bars = [
        bar(START - 2 * MINUTE, "100", volume="1"),
        bar(START - MINUTE, "200", volume="3"),
        bar(START, "50", volume="1"),
        bar(START + MINUTE, "50", volume="0"),
    ]
    assert vwap(bars, Period.M1) == [100e8, 175e8, 50e8, 50e8]
    assert vwap([bar(volume="0")], Period.M1) == [None]


def test_a_volume_weighted_price_of_days_looks_back_a_while() -> None:
    bars = [bar(START + i * DAY, "100" if i < 20 else "200", period=Period.D1) for i in range(40)]
    assert vwap(bars, Period.D1)[19] == 100e8
    assert vwap(bars, Period.D1)[39] == 200e8


@given(st.integers(1, 10**14), st.integers(1, 10**13), st.integers(2, 60))
def test_prices_beside_a_chart_lie_within_it_from_high_to_low(low: int, reach: int, rows: int) -> None:
    ticks = price_ticks(PriceScale(low, low + reach, rows), 2)
    assert [row for row, _ in ticks] == sorted({row for row, _ in ticks})
    assert all(0 <= row < rows for row, _ in ticks)


@given(st.sampled_from(list(Period)), st.sampled_from([1, 2, 4, 6]), st.integers(1, 300))
def test_times_below_a_chart_never_touch(period: Period, step: int, count: int) -> None:
    bars = [bar(period.open_ms(START) + i * period.nominal_ms, period=period) for i in range(count)]
    ticks = time_ticks(bars, step, period, local=False)
    for (x, text), (following, _) in itertools.pairwise(ticks):
        assert x + len(text) < following


# Series.


def test_a_series_takes_new_bars_at_its_end_and_older_ones_at_its_front() -> None:
    series = Series("BTCUSDT", Period.M1)
    series.take([bar(START + MINUTE, "2"), bar(START, "9", symbol="ETHUSDT"), bar(START, "9", period=Period.M5)])
    series.take([bar(START + MINUTE, "3")])
    assert series.take_history((bar(START, "1"), bar(START + MINUTE, "2")), 2) == 1
    assert [one.open // 10**8 for one in series.bars] == [1, 3]
    assert series.reaches_back
    assert series.take_history((), 2) == 0
    assert not series.reaches_back


def test_a_bar_that_was_missing_finds_its_place() -> None:
    series = Series("BTCUSDT", Period.M1)
    assert series.take([bar(START + i * MINUTE) for i in (0, 2, 1, 2)]) == 1
    assert [one.open_ms for one in series.bars] == [START + i * MINUTE for i in range(3)]


@pytest.mark.parametrize(
    ("line", "read", "role"),
    [
        ("2026-11-28 01:18:07,557 INFO    klagg_tui.exchange.stream: connected", " 01:18:07 exchange.stream      connected", Role.DIM),
        ("2026-11-28 01:18:07,557 WARNING klagg_tui.runtime.live: cut: again", " 01:18:07 runtime.live         cut: again", Role.WARN),
        ("2026-11-28 01:18:07,557 ERROR   other: gone", " 01:18:07 other                gone", Role.BAD),
        ("Traceback", " Traceback", Role.DIM),
    ],
)  # fmt: skip
def test_a_line_of_the_log_says_when_where_what_and_how_grave(line: str, read: str, role: Role) -> None:
    pieces = log_pieces(line)
    assert "".join(piece.text for piece in pieces) == read
    assert pieces[-1].role == role


def test_every_figure_has_room_for_its_name_and_what_stands_still_draws_nothing() -> None:
    health = Health()
    for _ in range(3):
        health.sample(Status("made", Mode.LIVE, 0, health=dict.fromkeys(FIGURES, 7.0)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(100)]
    assert len({line.rstrip()[-1:] for line in lines} & set("▁▂▃▄▅▆▇█")) == 0
    assert all(
        line[: len(figure.label) + 2] == f" {figure.label} "
        for line, figure in zip(lines, FIGURES.values(), strict=True)
    )


# Lists.


def test_a_mark_puts_a_symbol_on_a_list_and_takes_it_off() -> None:
    lists = watchlists.toggled((("Mine", ()),), "Mine", "BTCUSDT")
    assert watchlists.symbols_of(lists, "Mine") == ("BTCUSDT",)
    assert watchlists.symbols_of(watchlists.toggled(lists, "Mine", "BTCUSDT"), "Mine") == ()
    assert watchlists.toggled((), "New", "A") == (("New", ("A",)),)


def test_lists_are_made_deleted_and_gone_through_round_and_round() -> None:
    lists = watchlists.added(watchlists.added((), "A"), "B")
    assert watchlists.added(lists, "A") == lists
    assert watchlists.following(lists, "", 1) == "A"
    assert watchlists.following(lists, "B", 1) == ""
    assert watchlists.following(lists, "", -1) == "B"
    assert watchlists.following(lists, "gone", 1) == "A"
    assert watchlists.removed(lists, "A") == (("B", ()),)


# Alerts.


def test_an_alert_fires_when_it_comes_true_and_again_only_after_it_was_untrue() -> None:
    alerts = Alerts()
    assert alerts.watch(["last>100", "volx>1"]) == {"volx>1": alerts.watch(["volx>1"])["volx>1"]}
    alerts.watch(["last>100"])
    closes = ("101", "99", "101", "102", "99", "101")
    fired = [
        len(alerts.check([_row("A", close)], Period.M1, START + number * MINUTE)) for number, close in enumerate(closes)
    ]
    assert fired == [0, 0, 1, 0, 0, 1]


def test_an_alert_that_wavers_about_its_limit_fires_once_a_minute() -> None:
    alerts = Alerts()
    alerts.watch(["last>100"])
    fired = [
        second
        for second in range(130)
        if alerts.check([_row("A", "101" if second % 2 else "99")], Period.M1, START + second * 1_000)
    ]
    assert fired == [1, 61, 121]


def test_an_alert_fires_for_each_symbol_by_itself() -> None:
    alerts = Alerts()
    alerts.watch(["last>100"])
    alerts.check([_row("A", "99"), _row("B", "99")], Period.M1, START)
    fired = alerts.check([_row("A", "101"), _row("B", "99")], Period.M1, START + 5)
    assert [(one.symbol, one.text, one.at_ms) for one in fired] == [("A", "last>100", START + 5)]
    assert alerts.texts == ("last>100",)


# Remembered choices.


def test_what_is_remembered_is_read_back() -> None:
    chosen = Preferences(
        period="1h", sort="chg(1d)", columns=("symbol", "vol"), saved_filters=(("a", "btc"),),
        watchlists=(("Mine", ("BTCUSDT",)),), alerts=("last>1",), local_time=True,
    )  # fmt: skip
    plain = json.loads(json.dumps(chosen.as_plain(Preferences())))
    assert from_plain(plain, Preferences()) == chosen


def test_what_was_not_chosen_follows_the_settings() -> None:
    assert Preferences(period="1h").as_plain(Preferences()) == {"period": "1h"}
    assert from_plain({"period": "1h"}, Preferences(theme="nord")).theme == "nord"


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(sorted(Preferences.__slots__))


@given(st.one_of(_PLAIN, st.dictionaries(_NAMES, _PLAIN, max_size=6)))
def test_a_damaged_state_file_leaves_the_defaults(plain: object) -> None:
    read = from_plain(plain, Preferences())
    assert find(read.sort) is not None
    assert all(key in BY_KEY for key in read.columns)
    assert read.columns
    for name, default in ((name, getattr(Preferences(), name)) for name in Preferences.__slots__):
        assert type(getattr(read, name)) is type(default)


def test_used_filters_are_kept_once_newest_last_and_not_without_end() -> None:
    chosen = Preferences()
    for text in ("a", "b", "a", ""):
        chosen = chosen.with_filter_used(text)
    assert chosen.filter_history == ("b", "a")
    for number in range(100):
        chosen = chosen.with_filter_used(str(number))
    assert len(chosen.filter_history) == 50


# Health.


def test_health_knows_trades_a_second_from_the_counter_and_shows_unknown_figures_too() -> None:
    health = Health()
    for second in range(3):
        status = Status("x", Mode.LIVE, START, 12.0, health={"something new": float(second)})
        health.sample(status._replace(counters=status.counters._replace(trades=second * 700)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(80)]
    assert any("Trades a second" in line and "700" in line for line in lines)
    assert any("Behind the exchange" in line and "12 ms" in line for line in lines)
    assert "Something new" in lines[-1]
    assert all(len(line) <= 80 for line in lines)
    assert "memory MB" in FIGURES


def test_figures_in_two_columns_are_read_downward() -> None:
    health = Health()
    health.sample(Status("x", Mode.LIVE, START, 12.0))
    lines = health.lines(50)
    rows = column_lines(lines, 2, 52)
    assert len(rows) == -(-len(lines) // 2)
    assert {sum(len(piece.text) for piece in row) for row in rows} == {104}


def test_a_partial_bar_shows_its_sums_as_partial() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    for key in ("vol", "turnover", "trades"):
        one = bar(state=State.PARTIAL)
        assert BY_KEY[key].draw(Row("A"), one, context, 8)[1] == Role.PARTIAL
