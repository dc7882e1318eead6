"""A packed file checked before anything of it counts: its checksum stands at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from klagg_tui.errors import BadFile
from klagg_tui.importing.unpack import DAMAGE, PIECE_BYTES, parts, pieces, translated_errors


def check(path: Path) -> Iterator[None]:
    """Unpack the file once, where it is packed; yields now and then.

    A file that was cut passes, because what is there of it is right.

    Raises:
        BadFile: it does not unpack to what was packed.
    """
    with translated_errors(path):
        try:
            for part in parts(path):
                if part.is_packed:
                    for _ in pieces(part.unpacked, PIECE_BYTES):
                        yield
        except EOFError:
            return
        except DAMAGE as error:
            raise BadFile(
                f"{path} is damaged: its checksum is wrong, and nothing of it was taken. Fetch it again."
            ) from error
