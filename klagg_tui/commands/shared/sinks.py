"""The sinks of the settings, beside whatever records: begun when the database is open, ended when the last state is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from klagg_tui.commands.shared.output import OutputClosed, say
from klagg_tui.metrics import Metric

if TYPE_CHECKING:
    from klagg_tui.config import Settings
    from klagg_tui.runtime.host import EngineHost
    from klagg_tui.runtime.source import Plan
    from klagg_tui.sinks.sender import Sender

_LOOK_S: Final = 0.5
_PATIENCE_S: Final = 1.0
"""For the last bars, before a line says that they take a while."""


class Sinks:
    """A thread for each; none where the settings name none."""

    def __init__(self, settings: Settings) -> None:
        """Have what each needs.

        Raises:
            SinkError: a library for it is not installed.
        """
        self._senders: list[Sender] = []
        if addresses := (*settings.sink.to, *settings.sink.datasets):
            from klagg_tui.sinks.sender import Sender
            from klagg_tui.sinks.targets import target_of

            path, forming_s = settings.storage.database, settings.sink.forming_seconds
            targets = {
                target.name: target
                for target in (target_of(address, path, settings.sink.dataset_seconds) for address in addresses)
            }
            self._senders = [Sender(path, target, forming_s) for target in targets.values()]

    @property
    def said(self) -> str:
        """Where bars go besides, to stand behind the name of the database."""
        names = " and ".join(sender.name for sender in self._senders)
        return f" and delivering to {names}" if names else ""

    def beside(self, plan: Plan) -> Plan:
        """The plan, with the sinks beside its source and their troubles among its notices."""
        return plan.with_background(self._run) if self._senders else plan

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        started = [sender for sender in self._senders if sender.is_started]
        if started:
            _wait_for(started)
        for sender in started:
            if not sender.stop(0):
                with suppress(OutputClosed):
                    say(f"{sender.name} lacks some bars still; it is given them at the next start.", err=True)

    def start(self) -> None:
        """Begin to deliver."""
        for sender in self._senders:
            sender.start()

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong with any of them."""
        return tuple(text for sender in self._senders for text in sender.notices)

    async def _run(self, host: EngineHost) -> None:
        self.start()
        while True:
            host.metrics.set(Metric.BARS_DELIVERED, sum(sender.delivered for sender in self._senders))
            for number, sender in enumerate(self._senders):
                told = " ".join(sender.notices)
                if told:
                    host.notices[f"sink {number}"] = told
                else:
                    host.notices.pop(f"sink {number}", None)
            await asyncio.sleep(_LOOK_S)


def _wait_for(senders: Sequence[Sender]) -> None:
    """Have all of them end, at once: several servers that are dead take no longer than one."""
    from klagg_tui.sinks.sender import STOP_S

    begun_s = time.monotonic()

    def have_ended(within_s: float) -> list[Sender]:
        return [one for one in senders if one.has_ended(max(0.0, begun_s + within_s - time.monotonic()))]

    for sender in senders:
        sender.finish()
    with suppress(KeyboardInterrupt):  # whoever does not want to wait leaves at once
        ended = have_ended(_PATIENCE_S)
        if slow := " and ".join(sender.name for sender in senders if sender not in ended):
            with suppress(OutputClosed):
                say(f"The last bars are being delivered to {slow}, for {STOP_S:.0f} seconds at the most.")
        have_ended(STOP_S)
