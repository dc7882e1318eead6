"""The database: what wrote it, who holds it, whether it is sound; and whether somebody records into it right now."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from klagg_tui.commands.doctor.finding import Finding, Named
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.errors import KlaggError

FRESH_S: Final = 120.0
"""A recorder that wrote nothing for longer gets no trades, or cannot write."""
LARGE_BYTES: Final = 1_000_000_000
_PROGRAMS: Final = frozenset({"klagg", "klagg_tui"})
_CHECK: Final = Named("database")
_RECORDER: Final = Named("recorder")


def look(path: Path, *, is_thorough: bool) -> Iterable[Finding]:
    """At the file itself; `is_thorough`: every page of it, which takes a while where it is large."""
    from klagg_tui.storage.opening import has_database

    try:
        if not has_database(path):
            yield _CHECK.note(f"{path} is not there yet: the first start makes it")
            return
        yield from _layout(path)
        if is_thorough and path.stat().st_size > LARGE_BYTES:
            tell(
                f"{path} is read from its first page to its last, which takes a while; --quick leaves that out.",
                err=True,
            )
        yield wait_for(_read(path, is_thorough=is_thorough))
    except KlaggError as error:  # its sentence says what to do
        yield _CHECK.fault(str(error))
    yield from _held(path)


def look_at_recorder(path: Path, now_s: float | None = None) -> Iterable[Finding]:
    """Whether a klagg writes to the database, and did so a short while ago."""
    from klagg_tui.formatting import duration
    from klagg_tui.storage.connection import beside
    from klagg_tui.storage.holder import holder_of

    process = holder_of(path)
    if process is None:
        yield _RECORDER.fault(
            f"nobody records into {path}", "klagg record does, klagg service install keeps it running"
        )
        return
    written_s = 0.0
    for file in (path, beside(path, "-wal")):
        with suppress(OSError):
            written_s = max(written_s, file.stat().st_mtime)
    quiet_s = (time.time() if now_s is None else now_s) - written_s
    said = f"{_name_of(process)} wrote to {path} {duration(max(0.0, quiet_s) * 1000)} ago"
    if quiet_s <= FRESH_S:
        yield _RECORDER.fine(said)
    else:
        yield _RECORDER.fault(
            said, "klagg doctor network says whether the exchange answers; the log says what happened"
        )


async def _read(path: Path, *, is_thorough: bool) -> Finding:
    from klagg_tui.formatting import counted, size
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        bars = (await store.counts()).history
        found = await store.integrity_check() if is_thorough else ()
        space = size(store.size_bytes)
    if found:
        return _CHECK.fault(
            f"{path} is damaged ({found[0].splitlines()[0]})",
            "put a backup in its place (klagg db backup makes them); what is not in it is fetched at the next start",
        )
    what = "sound" if is_thorough else "it can be read (not every page was looked at)"
    return _CHECK.fine(f"{path}, {space}, {counted(bars, 'bar')}: {what}")


def _layout(path: Path) -> Iterable[Finding]:
    from klagg_tui.storage.opening import copy_of, is_to_be_migrated

    if is_to_be_migrated(path):
        yield _CHECK.note(
            f"{path} was written by an older klagg; the next start brings it up to date, and keeps a copy "
            f"({copy_of(path).name}) until it ends"
        )


def _held(path: Path) -> Iterable[Finding]:
    from klagg_tui.storage.holder import holder_of

    try:
        process = holder_of(path)
    except OSError as error:
        yield _CHECK.unseen(f"who writes to {path} cannot be seen ({error.strerror})")
        return
    if process is not None:
        yield _CHECK.note(f"{_name_of(process)} writes to it: another klagg can read it, not record into it")


def _name_of(process: int) -> str:
    """What a person finds again in a list of processes."""
    import psutil

    from klagg_tui.storage.holder import UNNAMED

    if process == UNNAMED:
        return "another process"
    with suppress(psutil.Error):
        words = psutil.Process(process).cmdline()
        at = next((place for place, word in enumerate(words) if Path(word).name in _PROGRAMS), None)
        if at is not None:
            command = words[at + 1] if words[at + 1 :] and words[at + 1].isalpha() else ""
            # Nothing of what follows: a password may be in it.
            return f"process {process} ({' '.join(filter(None, ('klagg', command)))})"
        return f"process {process} ({Path(words[0]).name})" if words else f"process {process}"
    return f"process {process}"
