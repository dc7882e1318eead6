"""What waits for one reader: always the newest state, never more than fits."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.serve.encoding import Change, message
from klagg_tui.serve.outbox import Outbox
from tests.makers import MINUTE, START, bar
from tests.patience import WAIT_S

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")


def change(symbol: str, minute: int, close: int, *, is_final: bool) -> Change:
    state = State.CLOSED if is_final else State.FORMING
    return Change(bar(START + minute * MINUTE, close=str(close), symbol=symbol, state=state), is_final=is_final)


def offer(outbox: Outbox, *changes: Change) -> None:
    outbox.offer(message("bars", changes), changes)


def sent(outbox: Outbox) -> dict[str, Any]:
    async def take() -> bytes:
        async with asyncio.timeout(WAIT_S):
            return await outbox.take()

    text: dict[str, Any] = json.loads(asyncio.run(take()))
    return text


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 4), st.integers(1, 99), st.booleans()), st.just("read")
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_its_pace_a_reader_ends_with_the_newest_state_of_each_bar(steps: list[Any]) -> None:
    outbox = Outbox()
    newest: dict[tuple[str, int, bool], str] = {}
    received: dict[tuple[str, int, bool], str] = {}

    def read() -> None:
        for one in sent(outbox)["bars"]:
            received[one["symbol"], one["open_time"], one["is_final"]] = one["close"]

    current: dict[str, tuple[int, str]] = {}
    for step in steps:
        if step == "read":
            if len(outbox):
                read()
            continue
        symbol, minute, close, is_final = step
        offer(outbox, change(symbol, minute, close, is_final=is_final))
        if is_final:
            newest[symbol, START + minute * MINUTE, True] = str(close)
            if symbol in current and current[symbol][0] <= minute:  # one that a later bar leaves behind is over
                del current[symbol]
        else:
            current[symbol] = minute, str(close)
    while len(outbox):
        read()
    for symbol, (minute, close_text) in current.items():
        newest[symbol, START + minute * MINUTE, False] = close_text
    assert newest.items() <= received.items()


def test_a_reader_in_step_gets_the_very_message_made_for_all() -> None:
    outbox = Outbox()
    offer(outbox, change("AUSDT", 0, 1, is_final=False))
    assert [one["close"] for one in sent(outbox)["bars"]] == ["1"]


def test_ended_bars_that_do_not_fit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.serve.outbox.MAX_ENDED", 3)
    outbox = Outbox()
    for minute in range(8):
        offer(outbox, change("AUSDT", minute, minute + 1, is_final=True))
    assert len(outbox) <= 4
    text = sent(outbox)
    assert text["skipped"] == 5
    assert [one["close"] for one in text["bars"]] == ["6", "7", "8"]
    offer(outbox, change("AUSDT", 9, 9, is_final=True))
    assert "skipped" not in sent(outbox)


def test_answers_go_before_bars_and_who_does_not_take_them_is_not_heard() -> None:
    outbox = Outbox()
    offer(outbox, change("AUSDT", 0, 1, is_final=False))
    outbox.answer(b'{"type":"snapshot"}')
    assert not outbox._answered.is_set()
    assert sent(outbox)["type"] == "snapshot"
    assert outbox._answered.is_set()
    assert sent(outbox)["type"] == "bars"


def test_what_is_no_longer_wanted_is_taken_out() -> None:
    outbox = Outbox()
    offer(outbox, change("AUSDT", 0, 1, is_final=True), change("BUSDT", 0, 2, is_final=False))
    outbox.retain(lambda kept: kept.symbol == "BUSDT")
    assert [one["symbol"] for one in sent(outbox)["bars"]] == ["BUSDT"]
