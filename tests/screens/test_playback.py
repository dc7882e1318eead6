"""The keys of a replay, as somebody at the keyboard meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from klagg_tui.feed import Mode
from klagg_tui.runtime.player import Player
from klagg_tui.view.playing import next_hour
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened


class Made(Player):
    """A replay of some hours around the made market's now, which notes where it is sent."""

    def __init__(self, speed: float | None, *, goes_back: bool = True) -> None:
        super().__init__(speed)
        self.goes_back = goes_back
        self.recorded_ms: tuple[int, int] | None = None


@asynccontextmanager
async def _replayed(player: Made, height: int = 36) -> AsyncIterator[Seen]:
    feed = MadeMarket(5)
    feed.mode, feed.connection = Mode.REPLAY, "reading"
    async with opened((120, height), feed=feed, playback=player) as seen:
        yield seen


def _told(seen: Seen) -> str:
    """The newest note."""
    return [notice.message for notice in seen.app._notifications][-1]


async def test_p_pauses_and_plays_on_also_on_a_symbols_screen() -> None:
    player = Made(1.0)
    async with _replayed(player) as seen:
        assert "▶ replay" in seen.lines[0]
        await seen.press("p")
        paused = player.pace
        assert paused.is_paused
        assert _told(seen).startswith("Paused")
        seen.feed.connection = "paused"
        await seen.beat()
        assert "❚❚ paused" in seen.lines[0]
        await seen.press("enter", "p")
        assert not player.pace.is_paused
        assert _told(seen).startswith("Playing on")


async def test_dot_and_comma_change_the_speed() -> None:
    player = Made(1.0)
    async with _replayed(player) as seen:
        await seen.press("full_stop", "full_stop")
        assert player.pace.speed == 5.0
        assert _told(seen).startswith("Speed: 5×")
        await seen.press("comma")
        assert player.pace.speed == 2.0


async def test_a_replay_goes_on_to_the_next_hour_or_a_time_that_is_typed() -> None:
    player = Made(1.0)
    async with _replayed(player) as seen:
        hour_ms = next_hour(seen.feed.now_ms)
        await seen.press("U")
        assert player.pace.skip_ms == hour_ms
        await seen.press("u", "enter")
        assert player.pace.skip_ms == hour_ms, "the next hour is suggested"
        await seen.press("u", "ctrl+u")
        await seen.type("+90m")
        await seen.press("enter")
        assert player.pace.skip_ms == seen.feed.now_ms + 5_400_000
        assert _told(seen).startswith("On to 2")


async def test_a_replay_goes_back_to_a_time_also_once_it_has_ended() -> None:
    player = Made(1.0)
    async with _replayed(player) as seen:
        await seen.press("u", "ctrl+u")
        await seen.type("-30m")
        await seen.press("enter")
        assert player.pace.skip_ms == seen.feed.now_ms - 1_800_000
        assert _told(seen).startswith("Back to 2")
        seen.feed.connection = "ended"
        await seen.beat()
        await seen.press("p")
        assert _told(seen).startswith("The replay has ended: u goes back to a time.")
        assert not player.pace.is_paused
        await seen.press("u", "enter")
        assert player.pace.skip_ms == seen.feed.now_ms - 3_600_000, "an hour back is suggested"


async def test_a_replay_whose_bars_are_kept_does_not_go_back() -> None:
    player = Made(1.0, goes_back=False)
    async with _replayed(player) as seen:
        await seen.press("u", "ctrl+u")
        await seen.type("-30m")
        await seen.press("enter")
        assert "'-30m' was played already; a replay whose bars are kept" in seen.text
        await seen.press("escape")
        assert player.pace.skip_ms == 0


async def test_what_is_no_time_ahead_is_not_taken_and_escape_skips_nothing() -> None:
    player = Made(1.0)
    async with _replayed(player) as seen:
        await seen.press("u", "ctrl+u")
        await seen.type("soon")
        await seen.press("enter")
        assert "'soon' is no time" in seen.text
        await seen.press("escape")
        assert player.pace.skip_ms == 0


@pytest.mark.parametrize("key", ["p", "full_stop", "U", "u"])
async def test_what_has_ended_says_so(key: str) -> None:
    player = Made(1.0, goes_back=False)
    before = player.pace
    async with _replayed(player) as seen:
        seen.feed.connection = "ended"
        await seen.beat()
        assert "■ ended" in seen.lines[0]
        await seen.press(key)
        assert player.pace == before
        assert _told(seen).startswith("The replay has ended")


async def test_the_keys_are_in_the_help_of_a_replay_and_nowhere_else() -> None:
    async with _replayed(Made(1.0), 220) as seen:
        await seen.press("question_mark")
        assert "Replay: on to the next hour" in seen.text
    async with opened((120, 220)) as seen:
        await seen.press("p", "question_mark")
        assert "Replay:" not in seen.text
        seen.app.action_playback("pause")


@pytest.mark.parametrize("keys", [(), ("enter",), ("W",), ("h",)], ids=["market", "symbol", "wall", "health"])
async def test_the_keys_of_a_replay_stand_at_the_foot_where_one_is_played(keys: tuple[str, ...]) -> None:
    async with _replayed(Made(1.0)) as seen:
        await seen.press(*keys)
        await seen.beat()
        assert seen.lines[-1].startswith(" p pause  . faster  u go to")
        seen.feed.connection = "ended"
        await seen.beat()
        assert seen.lines[-1].startswith(" u go to")
    async with opened((120, 36)) as seen:
        assert "go to" not in seen.lines[-1]


async def test_where_letters_are_typed_the_foot_names_no_keys_of_a_replay() -> None:
    async with _replayed(Made(1.0)) as seen:
        await seen.press("e")
        await seen.beat()
        assert "pause" not in seen.lines[-1]
