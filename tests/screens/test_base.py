"""What every screen has: the lines above and below, the period keys, room."""

import asyncio

import pytest

from klagg_tui.feed import Progress
from klagg_tui.screens.base import notice_pieces
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.pilot import opened


@pytest.mark.parametrize("size", [(59, 30), (100, 14), (10, 3)])
async def test_a_terminal_that_is_too_small_says_so(size: tuple[int, int]) -> None:
    async with opened(size) as seen:
        assert "klagg" in seen.text
        assert "Symbol" not in seen.text


@pytest.mark.parametrize("keys", [(), ("slash",)])
async def test_keys_go_where_they_went_once_a_terminal_that_was_too_small_has_room_again(keys: tuple[str, ...]) -> None:
    async with opened((120, 36)) as seen:
        await seen.press(*keys)
        before = seen.app.focused
        assert before is not None
        await seen.resize(20, 5)
        await seen.resize(10, 3)
        await seen.resize(120, 36)
        await until(lambda: seen.app.focused is before)


@pytest.mark.parametrize(
    "sizes", [[(20, 5), (120, 36)], [(20, 5), (120, 36), (20, 5), (120, 36)]], ids=["once", "twice"]
)
async def test_keys_go_where_they_went_though_it_was_too_busy_to_be_told_that_there_was_no_room(
    sizes: list[tuple[int, int]],
) -> None:
    async with opened((120, 36)) as seen:
        before = seen.table
        may_go_on, has_begun = asyncio.Event(), asyncio.Event()

        async def be_busy() -> None:
            has_begun.set()
            await may_go_on.wait()

        before.call_later(be_busy)
        await has_begun.wait()
        for width, height in sizes:
            await seen.resize(width, height)
        may_go_on.set()
        await seen.pilot.pause()
        await until(lambda: seen.app.focused is before)


async def test_a_number_shows_another_period() -> None:
    async with opened() as seen:
        await seen.press("2")
        assert "5m" in seen.lines[0]
        await seen.press("right_square_bracket")
        assert "30m" in seen.lines[0]
        await seen.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert "1m" in seen.lines[0]
        await seen.press("9")
        assert "1m" in seen.lines[0]
        assert seen.app.state.preferences.period == "1m"


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_help_and_leaving_stand_at_the_foot_at_any_width(width: int) -> None:
    async with opened((width, 24)) as seen:
        assert seen.lines[-1].startswith(" / filter")
        assert seen.lines[-1].rstrip().endswith("? help  q quit")


async def test_the_keys_at_the_foot_are_those_of_the_keymap() -> None:
    async with opened(keymap={"freeze": "f5"}) as seen:
        assert "f5 freeze" in seen.lines[-1]
        assert "␣" not in seen.lines[-1]


async def test_a_problem_is_shown_above_the_keys_and_takes_no_line_without() -> None:
    feed = MadeMarket(10)
    feed.notices = ("The disk is full; 12 bars wait in memory.", "REST is slow.")
    async with opened((80, 24), feed=feed) as seen:
        assert "▲ The disk is full; 12 bars wait in memory.  (+1)" in seen.lines[-2]
        assert "q quit" in seen.lines[-1]
        feed.notices = ()
        await seen.beat()
        assert "The disk" not in seen.text


async def test_longer_work_is_shown_with_how_far_it_is() -> None:
    feed = MadeMarket(10)
    feed.progress = Progress("history", 1, 4)
    async with opened((80, 24), feed=feed) as seen:
        assert seen.lines[-2].endswith("history ━━━━━━━━━━━━  25%")


def test_of_a_notice_that_is_too_long_whole_sentences_are_shown_and_how_many_more_there_are() -> None:
    notices = (
        "fapi.example cannot be reached (nobody answers there). klagg keeps trying; what is to be fetched waits.",
        "b",
    )
    (whole,) = notice_pieces(notices, 120)
    assert whole.text == f" ▲ {notices[0]}  (+1)"
    (short,) = notice_pieces(notices, 100)
    assert short.text == " ▲ fapi.example cannot be reached (nobody answers there). … (health tells all)  (+1)"
    (shortest,) = notice_pieces(notices, 70)
    assert shortest.text == " ▲ fapi.example cannot be reached (nobody answers there). …  (+1)"
    assert notice_pieces((), 80) == []
