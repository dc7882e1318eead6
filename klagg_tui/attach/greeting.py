"""What a recorder says of itself first. Pure."""

from __future__ import annotations

from typing import NamedTuple

from klagg_tui.attach.codec import VERSION, Json, Message
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, KlaggError, OtherVersion


class Greeting(NamedTuple):
    """Who records what."""

    program: str
    """The version of klagg."""
    pid: int
    markets: tuple[str, ...]
    """Marks of the markets that the database holds."""
    periods: tuple[Period, ...]


def greeting_out(greeting: Greeting) -> Message:
    """As it is sent."""
    return {
        "klagg": VERSION,
        "program": greeting.program,
        "pid": greeting.pid,
        "markets": greeting.markets,
        "periods": [str(period) for period in greeting.periods],
    }


def greeting_in(said: Message, own: str) -> Greeting:
    """As it came; `own`: the version of this klagg.

    Raises:
        OtherVersion: what a recorder of that version says cannot be read here.
        BadFrame: it is no greeting.
    """
    version: Json = said.get("klagg")
    program = str(said.get("program", "?"))[:40]
    if version != VERSION:
        raise OtherVersion(
            f"The recorder is klagg {program} and this is klagg {own}: they do not understand each other; "
            "have both of one version."
        )
    try:
        periods = tuple(Period.parse(period) for period in said["periods"])
        return Greeting(program, int(said["pid"]), tuple(map(str, said["markets"])), periods)
    except (KlaggError, TypeError, ValueError, LookupError) as error:
        raise BadFrame("What answers there is no recorder.") from error
