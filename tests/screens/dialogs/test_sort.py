"""Which column to sort by."""

from tests.pilot import opened


async def test_s_and_a_letter_sort_by_a_column_and_again_the_other_way() -> None:
    async with opened((200, 60)) as seen:
        await seen.press("s")
        assert "Sort by" in seen.text
        await seen.press("l")
        assert seen.app.state.preferences.sorting.key == "last"
        prices = [row.last or 0 for row in seen.table.rows]
        assert prices == sorted(prices, reverse=True)
        assert "▼Last" in seen.lines[2]
        await seen.press("s", "l")
        assert "▲Last" in seen.lines[2]
        await seen.press("s", "escape")
        assert "▲Last" in seen.lines[2]
