"""Which columns the table has."""

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
