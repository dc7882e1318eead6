"""The keys of a screen as its users see them."""

from tests.pilot import opened


async def test_keys_can_be_changed_and_help_says_so() -> None:
    async with opened((120, 100), keymap={"freeze": "f8", "health": "u"}) as seen:
        await seen.press("f8")
        assert seen.app.state.is_frozen
        await seen.press("space")
        assert seen.app.state.is_frozen
        await seen.press("question_mark")
        assert any("f8" in line and "Freeze" in line for line in seen.lines)
        await seen.press("escape", "u")
        assert seen.app.screen.id == "health"
