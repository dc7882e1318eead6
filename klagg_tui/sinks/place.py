"""Where the files of a dataset are, whatever it is, and what goes wrong there as a sentence.

A file is there whole or not at all. One that others write too is replaced only where it still is what was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from klagg_tui.errors import SinkError

if TYPE_CHECKING:
    from obstore import UpdateVersion

OWN: Final = "_klagg"
"""Folder of what is klagg's own: readers leave alone what begins so."""
_SILENT: Final = ("error sending request", "timed out", "timeout")
_REFUSED: Final = {"PermissionDeniedError", "UnauthenticatedError"}


class Found(NamedTuple):
    """A file as it was read."""

    data: bytes
    version: UpdateVersion | None = None
    """What the store calls it."""


class Place(Protocol):
    """Files by name, folders in it parted by `/`. Every method may raise `SinkError`."""

    name: str
    """Its address, without anything secret."""

    async def prepare(self) -> None:
        """Have it there, and clear away what a crash has left of an earlier run."""
        ...

    async def get(self, name: str) -> Found | None:
        """The file; None where there is none."""
        ...

    async def put(self, name: str, data: bytes) -> None:
        """Have it there with these bytes, for good, in place of whatever was there."""
        ...

    async def swap(self, name: str, data: bytes, before: Found | None) -> bool:
        """The same in the place of what was read; returns False, with nothing written, where something else is there by now."""
        ...

    async def empty(self, name: str, nothing: bytes, before: Found) -> bool:
        """Have nothing there any more in the place of what was read: no file, or one with these bytes; returns as `swap`."""
        ...

    async def lost(self, *, is_last: bool) -> list[str]:
        """Names of what was swapped here, and was written over by somebody who may not have read it.

        `is_last`: it is not looked again soon, so that whoever is writing just now is waited for.
        """
        ...

    async def names(self, folder: str = "") -> list[str]:
        """All files in a folder and those in it."""
        ...


@contextmanager
def told(name: str) -> Iterator[None]:
    """What goes wrong comes out as ours."""
    try:
        yield
    except OSError as error:
        raise SinkError(f"{name} {_reason(error)}") from error
    except Exception as error:
        if not _is_of_store(error):
            raise
        raise SinkError(f"{name} {_reason(error)}") from error


def _is_of_store(error: Exception) -> bool:
    """Whether it is of obstore's own kind, whose base need not be installed here."""
    return any(kind.__module__.startswith("obstore") for kind in type(error).__mro__) or isinstance(error, ValueError)


def _reason(error: BaseException) -> str:
    """The end of a sentence; of a store's many lines the first says most."""
    if isinstance(error, OSError) and error.strerror:
        # An address shows a folder's odd signs as codes, and what is in the way is often another one: the one above it, or one in it.
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return f"cannot be used ({where}{error.strerror})."
    first = str(error).strip().partition("\n")[0].strip().rstrip(".") or type(error).__name__
    if isinstance(error, TimeoutError) or any(sign in first for sign in _SILENT):
        return "does not answer."
    if isinstance(error, PermissionError) or type(error).__name__ in _REFUSED:
        return f"refuses: are the keys right, and may they read, write and delete there? ({first})"
    return f"cannot be used ({first})."
