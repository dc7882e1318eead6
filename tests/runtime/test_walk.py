"""Whatever happens to klagg and to the symbols, in any order: in the end nothing is owed, and every bar is the exchange's."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.walk import Walk, take

Step = tuple[Any, ...]
HOUR, DAY = 60, 24 * 60

_RUN: Final = st.tuples(
    st.just("run"),
    st.integers(0, 25),
    st.lists(st.integers(0, 8), max_size=3).map(tuple),
    st.none() | st.integers(1, 12),
    st.booleans(),
)


def steps(longest_pause: int) -> st.SearchStrategy[Step]:
    """What can happen, sessions most often."""
    which = st.integers(0, 5)
    return st.one_of(
        _RUN,
        _RUN,
        st.tuples(st.just("pause"), st.one_of(st.integers(1, 90), st.integers(90, longest_pause))),
        st.tuples(st.sampled_from(["delist", "relist", "halt"]), which),
        st.tuples(st.sampled_from(["list", "backup", "restore"])),
        st.tuples(st.just("forget"), st.integers(10, 2 * DAY)),
        st.tuples(st.just("import"), which, st.integers(1, 2 * DAY), st.integers(1, 60)),
    )


async def walked(path: list[Step]) -> Counter[str]:
    with TemporaryDirectory() as folder:
        walk = Walk(Path(folder))
        for step in path:
            await take(walk, step)
        await walk.settle()
        return await walk.verdict()


def wrong(found: Counter[str]) -> Counter[str]:
    """All but the number of bars judged."""
    return found - Counter(judged=found["judged"])


PAUSED: Final = ("run", 12, (), None, False)


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@example([PAUSED, ("pause", 3 * DAY), ("run", 1, (), 4, True), ("pause", 10)])
@example([PAUSED, ("delist", 1), ("pause", 40), ("run", 1, (), 1, False), ("pause", 2 * DAY)])
@example([PAUSED, ("delist", 0), ("pause", 100), ("relist", 0), ("run", 9, (2,), None, True)])
@example([PAUSED, ("backup",), ("run", 9, (1, 3), None, False), ("pause", 200), ("restore",), ("run", 3, (), 2, True)])
@given(st.lists(steps(DAY), max_size=8))
def test_nothing_is_forgotten_whatever_happens(path: list[Step]) -> None:
    found = asyncio.run(walked(path))
    assert not wrong(found)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_an_hour_of_walks_forgets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Seeds are told, so that a walk that fails can be taken again."""
    end_s = time.monotonic() + 60 * float(os.environ.get("KLAGG_WALK_MINUTES", "60"))
    seed = int(os.environ.get("KLAGG_WALK_SEED", "1"))
    total, walks, taken = Counter[str](), 0, 0
    while time.monotonic() < end_s:
        path = made(random.Random(seed + walks))
        found = asyncio.run(walked(path))
        total += found
        walks, taken = walks + 1, taken + len(path)
        assert not wrong(found), f"seed {seed + walks - 1}: {wrong(found)} {path}"
    with capsys.disabled():
        judged = total["judged"]
        print(f"\n{walks:,} walks, {taken:,} steps, {judged:,} bars judged, none wrong or missing, nothing owed")


def made(chance: random.Random) -> list[Step]:
    """A walk of up to thirty steps, pauses of up to three weeks."""
    return [_step(chance) for _ in range(chance.randint(3, 30))]


def _step(chance: random.Random) -> Step:
    what = chance.choices(
        ["run", "pause", "delist", "relist", "halt", "list", "backup", "restore", "forget", "import"],
        [10, 5, 2, 2, 1, 1, 1, 1, 1, 2],
    )[0]
    which = chance.randrange(6)
    if what == "run":
        lost = tuple(chance.sample(range(9), chance.randrange(3)))
        answers = chance.choice([None, None, chance.randint(0, 30)])
        return "run", chance.randint(0, 40), lost, answers, chance.random() < 0.5
    if what == "pause":
        return what, int(10 ** chance.uniform(0, 4.48))
    if what in ("delist", "relist", "halt"):
        return what, which
    if what == "forget":
        return what, chance.randint(10, 5 * DAY)
    if what == "import":
        return what, which, chance.randint(1, 9 * DAY), chance.randint(1, 3 * HOUR)
    return (what,)
