"""Which columns the table has."""

from tests.made_venues import made_venues
from tests.pilot import opened


async def test_columns_are_chosen_ordered_and_reset() -> None:
    async with opened() as seen:
        await seen.press("c", "down", "space", "enter")
        assert "Last" not in seen.lines[2]
        await seen.press("c", "J", "enter")
        assert seen.lines[2].split()[1].startswith("Symbol")
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
