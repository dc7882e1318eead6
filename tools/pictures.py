"""Draws the pictures in assets/: every screen at three sizes, on the market of `klagg demo`. Takes some five minutes.

python -m tools.pictures [FOLDER]
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui import logs
from klagg_tui.app import KlaggApp
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.exchange import registry
from klagg_tui.runtime.plans import demo_plan, several_demo_plan
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.simulation import simulated_exchange
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.app_state import BEATS_A_SECOND, AppState
from klagg_tui.screens.market import MarketScreen
from klagg_tui.simulator.faces import FACES
from klagg_tui.view.preferences import Preferences

SIZES: Final = ((80, 24), (120, 36), (200, 60))
SIMULATED: Final = ("--symbols", "500", "--activity", "400", "--faults", "none")
HISTORY_S: Final = 600.0
"""Request weight is given by the minute: as on the real exchange, the history of 500 symbols takes a while."""
CHOICES: Final = Preferences(
    period="1m",
    watchlists=(("Watchlist", ("SOLUSDT", "XRPUSDT")), ("Majors", ("BTCUSDT", "ETHUSDT", "BNBUSDT"))),
    saved_filters=(("risers", "chg>0 vol>5"),),
)


class Scene(NamedTuple):
    """A screen, and the keys that lead there from the market."""

    name: str
    keys: Sequence[str]
    choices: Preferences = CHOICES
    before_s: float = 0.5
    """How long the market is watched before the keys are pressed."""


SCENES: Final = (
    Scene("market", ("down", "m", "down", "m")),
    Scene("all-periods", ("v",)),
    Scene("filter", ("slash", *"chg>0", "space", *"vol>5", "space", *"!usdc")),
    Scene("sort", ("s",)),
    Scene("symbol", ("enter", *["left"] * 6)),
    Scene("symbol-zoom", ("enter", "4", "plus", "w")),
    Scene("symbol-panes", ("enter", "v", "r", "O", "F", "W", *["left"] * 6)),
    Scene("health", ("h",)),
    Scene("export", ("e",)),
    Scene("alerts", ("a",), replace(CHOICES, alerts=("chg(1m)>0.2", "turnover(5m)>1m chg(5m)<-1")), 12.0),
    Scene("help", ("question_mark",)),
)

SEVERAL: Final = (
    Scene("exchanges", ("down", "m")),
    Scene("one-exchange", ("right_curly_bracket",)),
    Scene("coin", ("slash", *"base:btc", "enter", "b"), before_s=2.0),
    Scene("exchanges-health", ("h",)),
)
"""On several exchanges at once."""
VENUES: Final = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
SEVERAL_SIMULATED: Final = ("--symbols", "60", "--activity", "60", "--faults", "none")

REPLAY: Final = Scene("replay", ("enter", "left", "left"))
RECORDED: Final = Path(__file__).parents[2] / "shared/data/um-BTCUSDT-2024-08-08/aggTrade-derived.jsonl.gz"
"""Recorded market data beside the project, where it is there; see CONTRIBUTING.md."""
REPLAY_SPEED: Final = 170.0
"""So that all of it has been played in the moment before a picture is taken."""


async def draw(runtime: Runtime, state: AppState, scene: Scene, size: tuple[int, int]) -> str:
    """One picture, as SVG; market and health go on from picture to picture."""
    app = KlaggApp(runtime, scene.choices)
    app.state.watch(state.live)
    app.state.health = state.health
    async with app.run_test(size=size) as pilot:
        await pilot.pause(scene.before_s)
        await pilot.press(*scene.keys)
        await app.workers.wait_for_complete()
        await pilot.pause(2.5)
        app.clear_notifications()
        await pilot.pause()
        for screen in app.screen_stack:
            if isinstance(screen, MarketScreen):  # right after a re-sort, of which there is one a second
                screen.reorder()
        return _tidy(app.export_screenshot(title=f"klagg · {scene.name}", simplify=True))


def _wait_for(url: str) -> None:
    """The exchange takes a second to begin; that klagg tries meanwhile need not stand in the log of a picture."""
    host, port = url.rsplit("/", 1)[-1].split(":")
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.1)


def _watched(runtime: Runtime) -> AppState:
    """The market once its history is there."""
    state = AppState(runtime, CHOICES, lambda _choices: None)
    until_s = time.monotonic() + HISTORY_S
    has_begun = False
    while time.monotonic() < until_s and not (has_begun and runtime.status().progress is None):
        state.beat()
        has_begun = has_begun or runtime.status().progress is not None
        time.sleep(1 / BEATS_A_SECOND)
    return state


def _begun(runtime: Runtime) -> AppState:
    """The market with its first symbol."""
    state = AppState(runtime, CHOICES, lambda _choices: None)
    while not state.live.rows:
        state.beat()
    return state


def _tidy(drawn: str) -> str:
    """Equal pictures from equal screens, with blanks that every renderer keeps."""
    stable = re.sub(r"terminal-\d+", "terminal", drawn)
    return stable.replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Whoever draws them, the pictures show nobody's own folder.
    os.environ["HOME"] = "/home/you"
    with tempfile.TemporaryDirectory() as scratch:
        logs.start(Path(scratch) / "klagg.log", "INFO")
        draw_demo(folder, Path(scratch))
        draw_several(folder, Path(scratch))
        if RECORDED.exists():
            draw_replay(folder, Path(scratch))
        else:
            print(f"There are no recorded trades at {RECORDED}: the pictures of a replay stay as they are.")


def draw_demo(folder: Path, scratch: Path) -> None:
    """Every screen, on the simulated market."""
    with simulated_exchange(*SIMULATED) as urls:
        _wait_for(urls.rest)
        _draw_all(folder, SCENES, Runtime(demo_plan(urls.rest, urls.ws, scratch / "demo.db", DEFAULT_PERIODS)))


def draw_several(folder: Path, scratch: Path) -> None:
    """Simulated markets of several exchanges in one terminal: of those named above all that can be simulated."""
    with contextlib.ExitStack() as stack:
        urls: dict[str, tuple[str, str]] = {}
        known = registry.keys()
        for key in VENUES:
            if key not in FACES or key not in known:
                print(f"{key} cannot be simulated: the pictures of several exchanges are without it.")
                continue
            urls[key] = stack.enter_context(simulated_exchange("--venue", key, *SEVERAL_SIMULATED))
            _wait_for(urls[key][0])
        plan = several_demo_plan(urls, scratch / "several.db", DEFAULT_PERIODS)
        _draw_all(folder, SEVERAL, Runtime(plan))


def draw_replay(folder: Path, scratch: Path) -> None:
    """Real trades of BTCUSDT, recorded on 2024-08-08, played by the same engine, its tape open from the beginning."""
    for width, height in SIZES:
        plan = Plan(lambda: Replay([RECORDED], REPLAY_SPEED), DEFAULT_PERIODS, scratch / f"replay-{width}.db")
        _draw_all(folder, (REPLAY,), Runtime(plan), sizes=((width, height),), watched=_begun)


def _draw_all(
    folder: Path,
    scenes: Sequence[Scene],
    runtime: Runtime,
    sizes: Sequence[tuple[int, int]] = SIZES,
    watched: Callable[[Runtime], AppState] = _watched,
) -> None:
    runtime.start()
    try:
        state = watched(runtime)
        for size in sizes:
            for scene in scenes:
                path = folder / f"{scene.name}-{size[0]}x{size[1]}.svg"
                path.write_text(asyncio.run(draw(runtime, state, scene, size)), encoding="utf-8")
                print(path)
    finally:
        runtime.cancel()
        runtime.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets"))
