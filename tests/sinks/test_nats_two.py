"""Two recorders deliver into one stream: a copy keeps the surer of each bar, whatever dies in between."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nats.js.api import StreamConfig

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_address import read_address
from klagg_tui.sinks.nats_copy import KEY, Copy
from klagg_tui.sinks.nats_messages import Message, messages, series_message
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.sink_log import Part, SeriesPlace
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.sinks.nats_server import NatsServer
from tests.sinks.test_delivery import OTHER, deliver, opened
from tests.sinks.test_nats import connected
from tests.sinks.test_nats_copy import copied, rows_of

pytestmark = pytest.mark.xdist_group("nats")
NAMES = ("a", "b", "c")
_STREAMS = itertools.count()


async def delivered(path: Path, stream: str, given: Iterable[Bar]) -> str:
    """What a recorder stores is in the stream; returns what it goes by."""
    async with opened(path) as (store, log):
        await store.add(list(given), [])
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await target.close()
        return await log.recorder("")


def with_gap(lacks: range) -> list[Bar]:
    whole = [one._replace(state=State.CLOSED) for one in bars(30)]
    lacking = [one._replace(state=State.PARTIAL, trade_count=1, volume=1) for one in whole]
    return [lacking[n] if n in lacks else one for n, one in enumerate(whole)]


async def states(path: Path) -> list[State]:
    """Of the minutes, in order."""
    minutes = [one for _, one in await rows_of(path) if one.period is Period.M1]
    return [one.state for one in sorted(minutes, key=lambda one: one.open_ms)]


async def test_a_copy_takes_the_surer_of_two_recorders_and_one_that_is_named_alone(stream: str, tmp_path: Path) -> None:
    await delivered(tmp_path / "one.db", stream, with_gap(range(5)))
    await copied(tmp_path / "copy.db", stream)
    assert State.PARTIAL in await states(tmp_path / "copy.db")
    other = await delivered(tmp_path / "two.db", stream, with_gap(range(20, 25)))
    for name in ("copy.db", "new.db"):  # which has begun with one of them, or with both
        await copied(tmp_path / name, stream)
        assert await states(tmp_path / name) == [State.CLOSED] * 30
    await copied(tmp_path / "alone.db", f"{stream}&recorder={other}")
    assert await rows_of(tmp_path / "alone.db") == await rows_of(tmp_path / "two.db")
    await copied(tmp_path / "alone.db", stream)  # of both after all
    assert await rows_of(tmp_path / "alone.db") >= {
        one for one in await rows_of(tmp_path / "copy.db") if one[1].period is Period.M1
    }


async def test_when_one_dies_the_other_carries_on_and_what_one_takes_back_is_its_own(
    stream: str, tmp_path: Path
) -> None:
    here = tmp_path / "copy.db"
    await delivered(tmp_path / "one.db", stream, with_gap(range(5)))
    async with opened(tmp_path / "two.db") as (store, log):
        target = NatsTarget(stream)
        delivery = Delivery(log, target)
        await store.add(with_gap(range(20, 25)), [])
        await deliver(delivery)
        await copied(here, stream)
        await store.add_confirmed(bars(60))
        while await delivery.step():
            pass
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(store.path)
        await store.remove_future(START + 40 * MINUTE)
        while await delivery.step():
            pass
        await target.close()
    await copied(here, stream)
    assert await rows_of(here) == await rows_of(tmp_path / "two.db")


async def test_a_copy_of_before_goes_on_and_takes_the_others_too(stream: str, tmp_path: Path) -> None:
    here = tmp_path / "copy.db"
    one = await delivered(tmp_path / "one.db", stream, with_gap(range(5)))
    await copied(here, stream)
    async with await Store.open(here) as store:
        kept = json.loads(await store.meta(KEY) or "")
        numbers = kept.pop("numbers")
        del kept["chosen"]
        await store.mirror([], KEY, json.dumps({**kept, "recorder": one, "number": numbers[one]}))
    await delivered(tmp_path / "two.db", stream, with_gap(range(20, 25)))
    await copied(here, stream)
    assert await states(here) == [State.CLOSED] * 30


class Said(NamedTuple):
    """One thing that a recorder says."""

    who: int
    symbol: str
    first: int
    bars: tuple[Bar, ...]
    is_swept: bool
    is_anew: bool
    """All series it has are told first, this one alone."""


UNKNOWN = (0, int(Evidence.NO_COUNT), int(Evidence.NO_TURNOVER | Evidence.CANDLE_ONLY))
some_bars = st.builds(
    lambda volume, count, state, evidence: bar(volume=str(volume), trade_count=count, state=state)._replace(
        evidence=evidence if state is State.CONFIRMED else 0
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from((State.PARTIAL, State.CLOSED, State.CONFIRMED)),
    st.sampled_from(UNKNOWN),
)
said = st.builds(
    Said,
    st.integers(0, 2),
    st.sampled_from((SYMBOL, OTHER)),
    st.integers(0, 4),
    st.lists(some_bars, max_size=3).map(tuple),
    st.booleans(),
    st.sampled_from((False, False, False, True)),
)
Key = tuple[str, int]


def parts(one: Said) -> Part:
    opens = [START + (one.first + n) * MINUTE for n in range(len(one.bars))]
    placed = tuple(
        known(each)._replace(symbol=one.symbol, open_ms=at) for each, at in zip(one.bars, opens, strict=True)
    )
    first = START + one.first * MINUTE
    return Part("", one.symbol, Period.M1, first, first + 3 * MINUTE, one.is_swept, placed)


def known(one: Bar) -> Bar:
    """With nothing in the place of what is unknown."""
    lacks = one.evidence
    return one._replace(
        trade_count=0 if lacks & Evidence.NO_COUNT else one.trade_count,
        turnover=0 if lacks & Evidence.NO_TURNOVER else one.turnover,
    )


def fold(model: dict[Key, tuple[Bar, int]], one: Said) -> None:
    """What the rule makes of it."""
    part = parts(one)
    for key, (_, who) in list(model.items()):
        is_gone = one.is_swept and key[0] == one.symbol and part.from_ms <= key[1] < part.to_ms
        if who == one.who and (
            (one.is_anew and key[0] != one.symbol) or (is_gone and key[1] not in {each.open_ms for each in part.bars})
        ):
            del model[key]
    for each in part.bars:
        stored = model.get((one.symbol, each.open_ms))
        if stored is None or (each != stored[0] and replaces(each, stored[0], is_own=stored[1] == one.who)):
            model[one.symbol, each.open_ms] = each, one.who


def sent(one: Said, number: int) -> list[Message]:
    name = NAMES[one.who]
    found = list(messages([parts(one)], name, number, {}, 2))
    if one.is_anew:
        found.insert(
            0, Message(f"series.{name}", series_message([SeriesPlace("", one.symbol, Period.M1)], name, number), 0)
        )
    return found


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(said, min_size=1, max_size=10), st.lists(st.integers(0, 5), max_size=4))
def test_however_they_are_interleaved_and_die_the_copy_is_the_rule_folded_over_what_they_said(
    nats_server: NatsServer, given: list[Said], deaths: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_check(nats_server.address(f"law{next(_STREAMS)}"), Path(folder) / "copy.db", given, deaths))


async def _check(stream: str, path: Path, given: list[Said], deaths: list[int]) -> None:
    name = read_address(stream).name
    model: dict[Key, tuple[Bar, int]] = {}
    async with connected(stream) as client:
        jetstream = client.jetstream()
        await jetstream.add_stream(StreamConfig(name=name, subjects=[f"{name}.bars.>"]))
        for number, one in enumerate(given):
            for message in sent(one, number + 1):
                await jetstream.publish(f"{name}.bars.{message.subject}", message.content)
            fold(model, one)
            late = sent(one._replace(is_anew=False, bars=one.bars[:1]), 0)  # was overtaken on its way
            for message in late if any(before.who == one.who for before in given[:number]) else ():
                await jetstream.publish(f"{name}.bars.{message.subject}", message.content)
            if number in deaths:
                await _broken_off(path, stream, number)
        await copied(path, stream)
        await jetstream.delete_stream(name)
    found = {(one.symbol, one.open_ms): one for _, one in await rows_of(path)}
    assert found == {key: one for key, (one, _) in model.items()}


async def _broken_off(path: Path, stream: str, turns: int) -> None:
    """A copy that dies somewhere on its way."""
    async with await Store.open(path) as store:
        working = asyncio.create_task(Copy(store, stream).run())
        for _ in range(turns * 20):
            await asyncio.sleep(0)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
