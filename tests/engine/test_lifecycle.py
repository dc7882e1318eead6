from __future__ import annotations

import pytest

from klagg_tui.engine.lifecycle import Life, LifeEvent, after


def lived(*events: LifeEvent) -> Life:
    life = Life.EMPTY
    for event in events:
        life = after(life, event)
    return life


def test_a_seeded_symbol_runs_until_a_trade_is_missed_and_again_when_it_came() -> None:
    assert lived(LifeEvent.BEGUN) is Life.RUNNING
    assert lived(LifeEvent.BEGUN, LifeEvent.MISSED) is Life.GAP
    assert lived(LifeEvent.BEGUN, LifeEvent.MISSED, LifeEvent.MISSED, LifeEvent.RESUMED) is Life.RUNNING


def test_a_seed_or_a_hold_ends_no_gap() -> None:
    assert lived(LifeEvent.BEGUN, LifeEvent.MISSED, LifeEvent.BEGUN) is Life.GAP
    assert lived(LifeEvent.BEGUN, LifeEvent.MISSED, LifeEvent.HOLD) is Life.GAP


def test_a_symbol_held_before_anything_is_known_waits_for_a_seed_or_is_let_go() -> None:
    assert lived(LifeEvent.HOLD) is Life.SEEDING
    assert lived(LifeEvent.HOLD, LifeEvent.BEGUN, LifeEvent.RESUMED) is Life.RUNNING
    assert lived(LifeEvent.HOLD, LifeEvent.LET_GO) is Life.EMPTY


def test_what_is_missing_before_the_first_trade_is_never_called_a_gap() -> None:
    assert lived(LifeEvent.UNSEEDED, LifeEvent.BEGUN, LifeEvent.MISSED) is Life.SEEDING


def test_a_gap_given_up_is_held_until_the_next_ones_were_looked_at() -> None:
    given_up = lived(LifeEvent.BEGUN, LifeEvent.MISSED, LifeEvent.GIVEN_UP)
    assert given_up is Life.HELD
    assert after(given_up, LifeEvent.MISSED) is Life.GAP
    assert after(given_up, LifeEvent.RESUMED) is Life.RUNNING


def test_a_symbol_whose_ids_begin_anew_waits_for_a_seed_whatever_it_waited_for_before() -> None:
    assert lived(LifeEvent.BEGUN, LifeEvent.MISSED, LifeEvent.UNSEEDED) is Life.SEEDING
    assert lived(LifeEvent.BEGUN, LifeEvent.HOLD, LifeEvent.UNSEEDED) is Life.SEEDING


@pytest.mark.parametrize(
    ("life", "event"),
    [
        (Life.EMPTY, LifeEvent.MISSED),
        (Life.EMPTY, LifeEvent.GIVEN_UP),
        (Life.EMPTY, LifeEvent.RESUMED),
        (Life.EMPTY, LifeEvent.LET_GO),
        (Life.RUNNING, LifeEvent.LET_GO),
        (Life.RUNNING, LifeEvent.GIVEN_UP),
        (Life.RUNNING, LifeEvent.RESUMED),
        (Life.HELD, LifeEvent.GIVEN_UP),
    ],
)
def test_what_is_not_in_the_table_cannot_happen(life: Life, event: LifeEvent) -> None:
    with pytest.raises(AssertionError, match=f"{event.name} cannot happen"):
        after(life, event)


def test_every_life_can_be_reached_and_left() -> None:
    reached = {Life.EMPTY}
    while found := {life for one in reached for event in LifeEvent if (life := _after(one, event))} - reached:
        reached |= found
    assert reached == set(Life)
    assert all(any(_after(life, event) not in {None, life} for event in LifeEvent) for life in Life)


def test_only_an_empty_and_a_running_symbol_do_not_wait() -> None:
    assert {life for life in Life if not life.is_waiting} == {Life.EMPTY, Life.RUNNING}


def _after(life: Life, event: LifeEvent) -> Life | None:
    try:
        return after(life, event)
    except AssertionError:
        return None
