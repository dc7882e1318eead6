"""Signs that a terminal cannot write: each has a stand-in as wide as itself, so that tables stay tables.

A program's output has the encoding that the locale names. With UTF-8 nothing is replaced but what is no text at all, as
in file names of other times.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import Final, TextIO

_HANDLER: Final = "klagg-plain"
_ASCII: Final = "klagg_ascii"
_SINGLE: Final = dict(
    zip(
        "–—−…←↑→↓⌕␣Ⓢ▲▼▶◀△▽○◌●◐•★☆✔✓✕✘❚▌▐▎▏▔▁▂▃▄▅▆▇█▀µ·×\u202f\u2009\u00a0‘’“”",
        '---.<^>v/_S^v><^vo.*o***++xx|||||-_.:-=+*#"u.x   \'\'""',
        strict=True,
    )
)
_LINES: Final = range(0x2500, 0x2580)
"""Box drawing; of these the ones that only go up and down are `_UPRIGHT`."""
_UPRIGHT: Final = frozenset("│┃┆┇┊┋╎╏║╵╷╹╻╽╿")
_ACROSS: Final = frozenset("─━┄┅┈┉╌╍═╴╶╸╺╼╾")
_BLOCKS: Final = range(0x2580, 0x25A0)
_DOTS: Final = range(0x2801, 0x2900)
"""Braille, as finely drawn lines are made of."""
_RAW_BYTES: Final = range(0xDC80, 0xDD00)
"""A byte that is no text, as Python holds it: https://peps.python.org/pep-0383/."""


def use() -> None:
    """From now on no output of this process fails for a sign."""
    codecs.register_error(_HANDLER, _replaced)
    codecs.register(_ascii_by_another_name)
    for stream in (sys.stdout, sys.stderr):
        _prepare(stream)


def plain(text: str) -> str:
    """The text in ASCII, cell for cell."""
    return "".join(sign if sign.isascii() else _stand_in(sign) for sign in text)


def _prepare(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure:
        reconfigure(encoding=_ASCII if _is_ascii(stream.encoding) else None, errors=_HANDLER)


def _is_ascii(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "ascii"


def _ascii_by_another_name(name: str) -> codecs.CodecInfo | None:
    """The command line's library takes ASCII for a mistake and writes UTF-8 in its place."""
    if name != _ASCII:
        return None
    own = codecs.lookup("ascii")
    return codecs.CodecInfo(
        own.encode,
        own.decode,
        own.streamreader,
        own.streamwriter,
        own.incrementalencoder,
        own.incrementaldecoder,
        _ASCII,
    )


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def _stand_in(sign: str) -> str:
    code = ord(sign)
    if sign in _SINGLE:
        return _SINGLE[sign]
    if code in _LINES:
        return "|" if sign in _UPRIGHT else "-" if sign in _ACROSS else "+"
    if code in _BLOCKS:
        return "#"
    if code in _DOTS:
        return "."
    if code in _RAW_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return "?" * _cells(sign)


def _cells(sign: str) -> int:
    """https://www.unicode.org/reports/tr11/: East Asian wide and full-width signs take two."""
    if unicodedata.combining(sign) or unicodedata.category(sign) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(sign) in {"W", "F"} else 1
