"""What the market table begins with, as it is typed."""

import pytest

from klagg_tui.commands.shared.start import Start
from klagg_tui.config import defaults
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.errors import BadUsage
from klagg_tui.view.preferences import Preferences
from tests.commands.visitor import Visiting
from tests.shell import Klagg

KEPT = Preferences(
    filter="btc",
    saved_filters=(("mine", "vol>5"),),
    names=(("hot", "rvol(5m)*2"),),
    watchlists=(("Majors", ("BTCUSDT",)),),
)


@pytest.fixture(autouse=True)
def no_state_of_the_person(klagg: Klagg) -> None:
    """The state file is looked for in an empty home."""


def begun(start: Start, kept: Preferences = KEPT) -> Preferences:
    return start.of(kept, DEFAULT_PERIODS)


def test_what_was_not_typed_stays_as_it_was() -> None:
    assert Start().begin(defaults(), DEFAULT_PERIODS) is None
    assert begun(Start()) == KEPT


def test_a_filter_may_be_a_saved_one_or_none() -> None:
    assert begun(Start(filter="@mine chg(1h)>1")).filter == "@mine chg(1h)>1"
    assert begun(Start(filter="")).filter == ""


@pytest.mark.parametrize(
    ("typed", "key", "descending"),
    [
        ("chg(1h)", "chg(1h)", True),
        ("chg(1h) asc", "chg(1h)", False),
        ("Symbol", "symbol", False),
        ("price desc", "last", True),
        ("hot", "hot", True),
        ("bar.chg(1d)", "bar.chg(1d)", True),
        ("vol / trades asc", "vol / trades", False),
    ],
)
def test_an_order_is_a_column_a_figure_or_a_number(typed: str, key: str, descending: bool) -> None:
    chosen = begun(Start(sort=typed))
    assert (chosen.sort, chosen.descending) == (key, descending)


def test_a_list_is_named_in_any_case_and_all_is_every_symbol() -> None:
    assert begun(Start(list="majors")).shown_list == "Majors"
    assert begun(Start(list="all"), Preferences(shown_list="Watchlist")).shown_list == ""


def test_a_view_is_the_table_or_all_periods() -> None:
    assert begun(Start(view="periods")).all_periods
    assert not begun(Start(view="table"), Preferences(all_periods=True)).all_periods


@pytest.mark.parametrize("name", ["split", "chart"])
def test_a_view_may_have_a_chart_until_another_one_is_asked_for(name: str) -> None:
    kept = begun(Start(view=name), Preferences(all_periods=True))
    assert (kept.layout, kept.all_periods) == (name, False)
    assert begun(Start(view="periods"), kept).layout == "table"


def test_a_start_on_the_wall_leaves_the_table_below_it_as_it_was() -> None:
    kept = begun(Start(view="wall"), Preferences(all_periods=True, layout="split"))
    assert (kept.on_wall, kept.all_periods, kept.layout) == (True, True, "split")
    assert not begun(Start(view="table"), kept).on_wall


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (Start(filter="chg24h>5"), "--filter chg24h>5: There is no column chg24h; did you mean chg(24h)?"),
        (Start(sort="lats"), "--sort lats: There is no column lats; did you mean last?"),
        (Start(sort="rsi(3m) asc"), "--sort rsi(3m) asc: Bars of 3m are not kept; there are 1m, 5m, 30m, 1h, 4h, 1d, 1w."),
        (Start(list="Minors"), "--list Minors: there is no such watchlist; there are Watchlist, all."),
        (Start(view="desk"), "--view desk: there is no such view; there are table, periods, split, chart, wall."),
    ],
    ids=["filter", "sort", "sort by bars that are not kept", "list", "view"],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(start: Start, said: str) -> None:
    with pytest.raises(BadUsage) as refused:
        start.begin(defaults(), DEFAULT_PERIODS)
    assert str(refused.value) == said


def test_before_the_name_of_a_command_they_are_refused(klagg: Klagg) -> None:
    said = klagg("--filter", "btc", "symbols")
    assert said.status == 2
    assert (
        said.err == "--filter, --sort, --list and --view are for the terminal: write them behind klagg or klagg demo.\n"
    )


def test_the_terminal_begins_with_what_was_typed(klagg: Klagg, visit: Visiting) -> None:
    begun = visit("▼Last", "q")  # the head of the table, which comes behind the line above it
    assert klagg("demo", "--count", "3", "--filter", "eth", "--sort", "last").status == 0
    assert begun.is_done
    assert "⌕ eth" in begun.seen


def test_nothing_is_started_for_what_cannot_be(klagg: Klagg, visit: Visiting) -> None:
    del visit  # there would be a terminal
    for command in ((), ("demo",)):
        said = klagg(*command, "--sort", "lats")
        assert (said.status, said.err) == (2, "--sort lats: There is no column lats; did you mean last?\n")
