"""The disks that klagg writes to: whether it may, how much room there is, and whether SQLite can work there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.commands.doctor.finding import Finding, Named

SCARCE_BYTES: Final = 200_000_000
"""Below it the next hours may not fit."""
LITTLE_BYTES: Final = 2_000_000_000
NETWORKED: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "9p", "fuse.sshfs", "fuse.rclone", "ceph", "glusterfs"}
)
"""Kinds of file systems on which processes cannot share SQLite's log: https://sqlite.org/wal.html."""
_CHECK: Final = Named("disk")


class Place(NamedTuple):
    """A folder that is written to."""

    what: str
    folder: Path
    """The nearest one that is there."""
    is_writable: bool
    free_bytes: int
    kind: str
    """Of its file system; empty where nobody knows."""


def look(files: Mapping[str, Path]) -> Iterable[Finding]:
    """At the places of files by what they are, the database first; none need be there."""
    places = [see(what, path) for what, path in files.items()]
    yield from (found for place in places if (found := _writable(place)))
    yield _room(min(places, key=lambda place: place.free_bytes))
    if places[0].kind in NETWORKED:
        yield _CHECK.fault(
            f"{places[0].folder} is on another machine ({places[0].kind}): SQLite's log cannot be shared there",
            "put the database on a disk of this machine, with --db or KLAGG_DB",
        )


def see(what: str, path: Path) -> Place:
    """What is known of the place of a file.

    Raises:
        OSError: the disk does not answer.
    """
    import psutil

    wanted = path.absolute()
    folder = next(one for one in wanted.parents if one.is_dir())
    target = wanted if wanted.is_file() else folder
    return Place(what, folder, os.access(target, os.W_OK), psutil.disk_usage(str(folder)).free, _kind_of(folder))


def _kind_of(folder: Path) -> str:
    import psutil

    real, found = folder.resolve(), ("", "")
    with suppress(OSError, psutil.Error):
        for part in psutil.disk_partitions(all=True):
            if real.is_relative_to(part.mountpoint) and len(part.mountpoint) >= len(found[0]):
                found = part.mountpoint, part.fstype
    return found[1]


def _writable(place: Place) -> Finding | None:
    if place.is_writable:
        return None
    return _CHECK.fault(
        f"{place.what} cannot be written in {place.folder}",
        "give yourself the right to (chown, chmod), or name another place: klagg config says which flag moves it",
    )


def _room(place: Place) -> Finding:
    from klagg_tui.formatting import size

    said = f"{size(place.free_bytes)} free in {place.folder}"
    if place.free_bytes < SCARCE_BYTES:
        return _CHECK.fault(
            f"{said}: soon nothing can be written",
            "free some space; klagg db prune --keep 1m=90d deletes old bars, klagg db compact gives their space back",
        )
    if place.free_bytes < LITTLE_BYTES:
        return _CHECK.note(said, "look at it now and then, or keep fewer bars (--keep 1m=90d)")
    return _CHECK.fine(said)
