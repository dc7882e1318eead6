"""How long a recorded trade has to wait: speed, pause, skips."""

from __future__ import annotations

import math

import pytest

from klagg_tui.runtime.player import LOOK_S, SPEEDS, Player


def test_at_a_speed_recorded_time_passes_so_much_faster() -> None:
    player = Player(10.0)
    assert player.wait_s(1_000, 5.0) == 0.0
    assert player.wait_s(1_500, 5.0) == pytest.approx(0.05)
    assert player.wait_s(9_000, 5.0) == LOOK_S
    assert player.wait_s(9_000, 5.75) == pytest.approx(0.05)
    assert player.wait_s(9_000, 5.8) == 0.0
    assert player.wait_s(9_400, 6.0) == 0.0, "what it is behind is made up for"


def test_without_a_speed_nothing_waits_and_any_number_of_trades_goes_together() -> None:
    player = Player(None)
    assert [player.wait_s(at_ms, 1.0) for at_ms in (0, 9_000_000)] == [0.0, 0.0]
    assert player.end_of_batch(5) == math.inf
    assert str(player.pace) == "as fast as it goes"


def test_paused_nothing_is_due_and_afterwards_no_time_is_lost() -> None:
    player = Player(1.0)
    player.wait_s(0, 0.0)
    player.wait_s(60, 0.01)
    player.pause()
    assert player.pace.is_paused
    assert player.wait_s(60, 0.02) == LOOK_S
    assert player.wait_s(60, 100.0) == LOOK_S
    player.pause()
    assert player.wait_s(60, 100.0) == pytest.approx(0.04)
    assert player.wait_s(60, 100.04) == 0.0


def test_a_pause_holds_up_what_is_played_without_waiting_too() -> None:
    player = Player(None)
    player.wait_s(0, 0.0)
    player.pause()
    assert player.wait_s(1_000, 0.0) == LOOK_S
    player.pause()
    assert player.wait_s(1_000, 0.0) == 0.0


def test_what_it_is_behind_is_not_made_up_for_at_another_speed() -> None:
    player = Player(3_600.0)
    player.wait_s(0, 0.0)
    player.wait_s(10, 100.0)
    player.change_speed(-1)
    assert player.wait_s(10, 100.0) == 0.0
    assert player.wait_s(1_810, 100.0) == pytest.approx(0.001)


def test_speeds_go_up_and_down_as_far_as_there_are_any() -> None:
    player = Player(7.0)
    player.change_speed(1)
    assert str(player.pace) == "10×"
    player.change_speed(-1)
    assert player.pace.speed == 5.0
    for _ in SPEEDS:
        player.change_speed(-1)
    assert str(player.pace) == "0.25×"
    for _ in SPEEDS:
        player.change_speed(1)
    assert player.pace.speed == math.inf


def test_a_skip_plays_all_before_it_at_once_and_goes_on_from_there_at_its_speed() -> None:
    player = Player(1.0)
    player.wait_s(1_000, 0.0)
    player.skip_to(60_000)
    assert player.end_of_batch(1_000) == 60_000
    assert player.wait_s(59_000, 0.0) == 0.0
    assert player.wait_s(60_050, 0.0) == pytest.approx(0.05)
    assert player.end_of_batch(60_050) == 60_101


def test_a_skip_while_paused_leaves_it_paused() -> None:
    player = Player(None)
    player.wait_s(0, 0.0)
    player.pause()
    player.skip_to(500)
    assert player.wait_s(499, 0.0) == 0.0
    assert player.wait_s(500, 0.0) == LOOK_S
