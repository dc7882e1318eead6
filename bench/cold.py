"""A cold start: klagg with an empty database in a terminal, at an exchange of 573 symbols that is 150 ms away and keeps its limit.

python -m bench.cold

The exchange is a process of its own, whose clock begins with the real time, as does the run: how much of its first minute is
left is said, since what may be asked is counted by minutes. Takes as long as history does, some seven minutes.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from bench.terminal import in_terminal
from klagg_tui.runtime.simulation import Urls, simulated_exchange

SYMBOLS: Final = 573
ROUND_TRIP_MS: Final = 150
TRADES_A_SECOND: Final = 300
LIMIT: Final = 2_400
"""Weight a minute, Binance USDⓈ-M's."""
SIZE: Final = (160, 48)
TIMEOUT_S: Final = 1_200
PREPARES_S: Final = 1_800
"""What the exchange may take to make its history, which is no part of the run."""
_AIMS: Final = {
    "figures": ("24 h change of all rows on view", "5 s"),
    "sparklines": ("sparklines of all rows on view", "10 s"),
    "history": ("all history of the default plan", "7 min"),
}


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    options = (
        "--venue", "binance-um", "--symbols", str(SYMBOLS), "--activity", str(TRADES_A_SECOND),
        "--round-trip", str(ROUND_TRIP_MS), "--faults", "none", "--prepared",
    )  # fmt: skip
    with simulated_exchange(*options) as urls, tempfile.TemporaryDirectory() as folder:
        _asked(urls, PREPARES_S)
        seen, asked = _start(urls, Path(folder))
    return [*_times(seen), *_weights(seen, asked), *_others(seen, asked)]


def _start(urls: Urls, folder: Path) -> tuple[Any, Any]:
    """What the screen showed when, and what the exchange counted until then."""
    before = _asked(urls)
    child = (
        "-m", "bench.cold_child", str(time.monotonic()), "--config", str(folder / "klagg.toml"),
        "--db", str(folder / "klagg.db"), "--rest-url", urls.rest, "--ws-url", urls.ws,
    )  # fmt: skip
    (folder / "klagg.toml").touch()
    seen = in_terminal(*child, size=SIZE, timeout_s=TIMEOUT_S)
    asked = _asked(urls)
    asked["processor_s"] -= before["processor_s"]
    return seen, asked


def _asked(urls: Urls, timeout_s: float = 60) -> Any:
    with urlopen(f"{urls.rest}/klagg/requests", timeout=timeout_s) as answer:
        return json.load(answer)


def _times(seen: Any) -> list[tuple[str, str]]:
    where = f"{SYMBOLS} symbols, {ROUND_TRIP_MS} ms away, begun at second {seen['second']:.0f} of its minute"
    first = [(f"{where}: first rows", _seconds(seen["at_s"].get("rows")))]
    return first + [
        (f"  {name}", f"{_seconds(seen['at_s'].get(key))} (aim: {aim})") for key, (name, aim) in _AIMS.items()
    ]


def _seconds(at_s: float | None) -> str:
    return "never" if at_s is None else f"{at_s:.1f} s"


def _weights(seen: Any, asked: Any) -> list[tuple[str, str]]:
    """By the exchange's minutes: what it counted, and what klagg took it for, with what was under way."""
    told: dict[str, int] = seen["weight"]
    counted = [(at_ms, used) for at_ms, used in sorted(asked["weight"].items()) if at_ms in told]
    return [
        (f"weight used of {LIMIT:,}, minute {number}", f"{used:,} (klagg itself: {round(told[at_ms]):,})")
        for number, (at_ms, used) in enumerate(counted, 1)
    ]


def _others(seen: Any, asked: Any) -> list[tuple[str, str]]:
    took_s = seen["took_s"]
    return [
        ("requests under way at once, at the most", str(asked["most_at_once"])),
        ("requests answered, refused", f"{asked['requests']:,}, {asked['refused']:,}"),
        ("rows on view", str(seen["rows"])),
        ("klagg's processor", f"{seen['processor_s'] / took_s:.0%} of a core, {seen['memory']:.0f} MB at the end"),
        ("the exchange's processor", f"{asked['processor_s'] / took_s:.0%} of a core"),
        ("troubles told", "; ".join(seen["notices"]) or "none"),
    ]


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<75} {text}")
