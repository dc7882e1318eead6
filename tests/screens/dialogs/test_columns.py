"""Which columns the table has."""

from klagg_tui.view.preferences import Preferences
from tests.made_venues import made_venues
from tests.pilot import opened


async def test_columns_are_chosen_ordered_and_reset() -> None:
    async with opened() as seen:
        await seen.press("c", "down", "space", "enter")
        assert "Last" not in seen.lines[2]
        await seen.press("c", "J", "enter")
        assert seen.lines[2].split()[:3] == ["Chg", "24h", "Symbol▲"]
        await seen.press("c", "d", "enter")
        assert seen.lines[2].split()[1] == "Last"
        await seen.press("c", "space", "K", "k", "j", "escape")
        assert "Symbol" in seen.lines[2]


async def test_the_column_of_exchanges_is_offered_where_several_are_watched_and_otherwise_stays_as_it_is() -> None:
    async with opened() as seen:
        await seen.press("c")
        assert "Exchange" not in seen.text
        await seen.press("d", "enter")
        assert "venue" in seen.app.state.preferences.columns
    async with opened(feed=made_venues()) as seen:
        await seen.press("c", "down", "space", "enter")
        assert "venue" not in seen.app.state.preferences.columns
        assert "Exchange " not in seen.lines[3]


async def test_a_figure_is_added_as_a_column_and_sorted_by() -> None:
    chosen = Preferences(columns=("last", "venue"), sort="symbol", descending=False, period="1m")
    async with opened((160, 60), preferences=chosen) as seen:
        await seen.press("c", "a")
        await seen.type("chg24h")
        await seen.press("enter")
        assert "did you mean chg(24h)?" in seen.text
        await seen.press("ctrl+u")
        await seen.type("chg(24h)")
        await seen.press("enter", "enter")
        assert seen.app.state.preferences.columns == ("symbol", "venue", "last", "chg(24h)")
        assert "Chg 24h" in seen.lines[2]
        assert {str(call) for call in seen.app.state.live.screener.calls} == {"chg(24h)", "turnover(24h)"}
        await seen.press("s")
        assert "Chg 24h" in seen.text
        await seen.press("escape")
        seen.app.screen.action_sort_by("chg(24h)")  # type: ignore[attr-defined]
        await seen.pilot.pause()
        assert "▼Chg 24h" in seen.lines[2]
        await seen.press("S")
        assert "▲Chg 24h" in seen.lines[2]
        shown = len(seen.app.state.preferences.columns) - 1  # that of exchanges is not offered
        await seen.press("c", "a", "escape", *["down"] * (shown - 1), "space", "enter")
        assert "chg(24h)" not in seen.app.state.preferences.columns
        assert "▲ Chg 24h" in seen.lines[1], "what the rows are in order of is told where no column shows it"


async def test_a_name_of_ones_own_is_a_column_and_an_order() -> None:
    names = (("twice", "last*2"), ("liquid", "vol>5"))
    async with opened((160, 40), preferences=Preferences(names=names)) as seen:
        await seen.press("s")
        assert "= last*2" in seen.text
        assert "= vol>5" not in seen.text
        await seen.press("escape", "c", "a")
        await seen.type("twice")
        await seen.press("enter", "enter")
        assert "twice" in seen.lines[2]
        await seen.press("c", "d", "enter")
        assert "twice" not in seen.lines[2]


async def test_what_is_offered_can_be_shown_without_writing() -> None:
    async with opened((160, 90), preferences=Preferences(columns=("symbol", "last"))) as seen:
        await seen.press("c")
        for part in ("✔  Symbol", "   RSI 1h", "   Turn 24h", "   Volume"):
            assert part in seen.text
        await seen.press("down", "down", "space", "a")
        await seen.type("chg(5m)*2")
        await seen.press("enter", "enter")
        assert seen.app.state.preferences.columns == ("symbol", "last", "chg(24h)", "chg(5m)*2")


async def test_the_keys_stand_at_the_foot_and_in_the_help_also_in_small_terminals() -> None:
    async with opened((80, 24)) as seen:
        await seen.press("c")
        for word in ("space shows", "shift+↑↓ moves", "a adds", "d resets", "enter takes"):
            assert word in seen.text
        await seen.press("question_mark")
        assert "Help · Columns" in seen.text
        assert "Columns" in seen.text
        await seen.press("slash")
        await seen.type("further left")
        assert "Further left" in seen.text
        await seen.press("escape")
        await seen.press("d", "escape")
        assert "space shows" not in seen.text
