"""Help."""

from tests.pilot import opened


async def test_help_names_every_key_the_filter_language_and_the_columns() -> None:
    async with opened((120, 220)) as seen:
        await seen.press("question_mark")
        for part in (
            "Freeze the picture",
            "Choose columns",
            "Alerts",
            "bar.chg(1d)>5",
            "relative volume: turnover",
            "part of the volume that takers",
        ):
            assert part in seen.text
        assert "Scroll Left" not in seen.text
        await seen.press("escape", "enter")
        await seen.press("question_mark")
        assert "Help · Symbol" in seen.text
        assert "Crosshair to the left" in seen.text
        await seen.press("j", "k", "q")
        assert seen.app.screen.id == "symbol"
