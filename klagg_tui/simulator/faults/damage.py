"""Faults of single frames: lost, doubled, overtaken, damaged, or muted with their symbol. Pure.

Which frame is struck follows from the seed and the trade, not from when it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.faults.schedule import Fault, Faults
from klagg_tui.simulator.market.chance import below
from klagg_tui.simulator.spoil import Spoil

_ONE_IN: Final = 7
_KINDS: Final = ("mute", "drop", "double", "reorder", "malform", "future")
_DAY_MS: Final = 86_400_000


class Damage:
    """Frames on their way out; keeps back those that the next of their symbol shall overtake."""

    def __init__(self, faults: Faults, seed: int, spoil: Spoil) -> None:
        self._faults = faults
        self._spoil = spoil
        self._seed = seed
        self._held: dict[str, Frame] = {}

    def passed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """What is sent instead of `frames`."""
        fault = self._faults.active(*_KINDS)
        if fault is None and not self._held:
            yield from frames
            return
        for frame in frames:
            yield from self._pass_one(frame)
        if self._faults.active("reorder") is None:
            yield from self._held.values()
            self._held.clear()

    def unmuted(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Those of `frames` whose symbol is not muted: all that is done to others than trades."""
        fault = self._faults.active("mute")
        for frame in frames:
            if fault is None or not self._is_struck(fault, frame):
                yield frame
            else:
                self._faults.counts["mute"] += 1

    def _pass_one(self, frame: Frame) -> Iterator[Frame]:
        for kind in _KINDS:
            fault = self._faults.active(kind)
            if fault and self._is_struck(fault, frame):
                self._faults.counts[kind] += 1
                sent = self._struck(kind, frame)
                break
        else:
            sent = [frame]
        yield from sent
        if sent and frame.symbol in self._held:
            yield self._held.pop(frame.symbol)

    def _is_struck(self, fault: Fault, frame: Frame) -> bool:
        if not frame.symbol or fault.target not in ("", frame.symbol):
            return False
        if fault.kind == "reorder" and frame.symbol in self._held:
            return False
        return fault.kind == "mute" or below(self._key(fault.kind, frame), _ONE_IN) == 0

    def _struck(self, kind: str, frame: Frame) -> list[Frame]:
        if kind == "double":
            return [frame, frame]
        if kind == "malform":
            damage = self._spoil.ways[below(self._key("how", frame), len(self._spoil.ways))]
            return [frame._replace(payload=damage(frame.payload))]
        if kind == "future":
            return [frame._replace(payload=self._spoil.later(frame.payload, _DAY_MS))]
        if kind == "reorder":
            self._held[frame.symbol] = frame
        return []

    def _key(self, word: str, frame: Frame) -> bytes:
        return f"{self._seed}|{word}|{frame.symbol}|{frame.aggregate_id}".encode()
