"""Lines of styled cells as a small SVG: whole numbers for coordinates, one element for a stretch of one style, no web fonts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.color import Color, ColorSystem, blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME

CELL: Final = (12, 23)
"""Width and height of a cell in pixels: those of the usual fonts at 20 pixels, without gaps between lines drawn in boxes."""
_BASE: Final = 18
"""From the top of a cell to the base of its letters."""
_EDGE: Final = 10
_FONTS: Final = "'Fira Code','DejaVu Sans Mono',Menlo,Consolas,monospace"
_GAP: Final = 6
"""From so many blanks on two pieces of one style are two elements."""

_BRAILLE: Final = 0x2800
_PLACES: Final = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and line of each bit's dot."""

Cells: TypeAlias = list["Cell"]


class Kind(Enum):
    """What stands alone: letters out of another font may be narrower or broader."""

    LETTERS = 0
    DOTS = 1
    WIDE = 2


class Ink(NamedTuple):
    """How letters look."""

    colour: str
    bold: bool
    italic: bool
    line: str

    def css(self) -> str:
        weight = ";font-weight:bold" if self.bold else ""
        slant = ";font-style:italic" if self.italic else ""
        line = f";text-decoration:{self.line}" if self.line else ""
        return f"fill:{self.colour}{weight}{slant}{line}"


class Cell(NamedTuple):
    """One letter, of one cell or two."""

    text: str
    width: int
    ink: Ink
    ground: str


class Piece(NamedTuple):
    """Letters of one style, from a column on."""

    column: int
    text: str
    width: int
    ink: Ink


def picture(lines: Sequence[Iterable[Segment]], width: int, title: str, *, has_256: bool = False) -> str:
    """The picture of lines, each `width` cells wide; `has_256`: in the colours of a terminal that has 256."""
    rows = [list(_cells(line, has_256)) for line in lines]
    grounds = [cell.ground for row in rows for cell in row]
    ground = max(dict.fromkeys(grounds), key=grounds.count) if grounds else "#000000"
    names: dict[str, str] = {}
    areas, texts = [], []
    for number, row in enumerate(rows):
        areas += _areas(row, number * CELL[1], ground)
        texts += _texts(row, number * CELL[1], names)
    full = (width * CELL[0], len(rows) * CELL[1])
    styles = "".join(f".{name}{{{css}}}" for css, name in names.items())
    box = f"{-_EDGE} {-_EDGE} {full[0] + 2 * _EDGE} {full[1] + 2 * _EDGE}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="{box}"><title>{escape(title)}</title>'
        f"<style>text{{font:20px {_FONTS};white-space:pre}}path{{shape-rendering:crispEdges}}"
        f".dots{{stroke-width:3;stroke-linecap:round;shape-rendering:auto}}{styles}</style>\n"
        f'<rect x="{-_EDGE}" y="{-_EDGE}" width="100%" height="100%" rx="8" fill="{ground}"/>\n'
        + "\n".join([*areas, *texts])
        + "\n</svg>\n"
    )


def _cells(line: Iterable[Segment], has_256: bool) -> Iterator[Cell]:
    for text, style, control in line:
        if control:
            continue
        ink, ground = _look(style or Style.null(), has_256)
        for letter in text:
            if (cells := cell_len(letter)) > 0:
                yield Cell(letter, cells, ink, ground)


@lru_cache(maxsize=4096)
def _look(style: Style, has_256: bool) -> tuple[Ink, str]:
    colour, ground = (
        _rgb(style.color, THEME.foreground_color, has_256),
        _rgb(style.bgcolor, THEME.background_color, has_256),
    )
    if style.reverse:
        colour, ground = ground, colour
    if style.dim:
        colour = blend_rgb(colour, ground, 0.4)
    line = " ".join(name for name, on in (("underline", style.underline), ("line-through", style.strike)) if on)
    return Ink(_short(colour), bool(style.bold), bool(style.italic), line), _short(ground)


def _rgb(colour: Color | None, default: ColorTriplet, has_256: bool) -> ColorTriplet:
    if colour is None or colour.is_default:
        return default
    # As Textual writes it: what was not chosen among the 256 is rounded.
    return (colour.downgrade(ColorSystem.EIGHT_BIT) if has_256 else colour).get_truecolor(THEME)


def _short(colour: ColorTriplet) -> str:
    text = colour.hex
    return f"#{text[1]}{text[3]}{text[5]}" if text[1::2] == text[2::2] else text


def _areas(row: Cells, top: int, ground: str) -> Iterator[str]:
    """The grounds that differ from the picture's, one path for each colour of a row."""
    stretches: dict[str, list[tuple[int, int]]] = {}
    column = 0
    for colour, cells in groupby(row, lambda cell: cell.ground):
        width = sum(cell.width for cell in cells)
        if colour != ground:
            stretches.setdefault(colour, []).append((column, width))
        column += width
    for colour, parts in stretches.items():
        moves = "".join(
            f"M{column * CELL[0]} {top}h{width * CELL[0]}v{CELL[1]}h-{width * CELL[0]}z" for column, width in parts
        )
        yield f'<path fill="{colour}" d="{moves}"/>'


def _texts(row: Cells, top: int, names: dict[str, str]) -> Iterator[str]:
    for column, text, width, ink in _pieces(row):
        left = column * CELL[0]
        if _kind(text) is Kind.DOTS:
            yield f'<path class="dots" stroke="{ink.colour}" d="{_dots(text, left, top)}"/>'
            continue
        name = names.setdefault(ink.css(), _name(len(names)))
        length = f' textLength="{width * CELL[0]}"' if width > 1 else ""
        yield f'<text class="{name}" x="{left}" y="{top + _BASE}"{length}>{escape(text, quote=False)}</text>'


def _dots(text: str, left: int, top: int) -> str:
    """The dots of braille, as a path: in most fonts such letters are missing, or broader than others.

    https://www.unicode.org/charts/PDF/U2800.pdf: bits 0 to 2 are the left column from above, 3 to 5 the right one, 6 and 7 the
    lowest line.
    """
    found = []
    for number, letter in enumerate(text):
        bits = ord(letter) - _BRAILLE
        for bit, (column, line) in enumerate(_PLACES):
            if bits >> bit & 1:
                found.append(f"M{left + number * CELL[0] + 3 + 6 * column} {top + 3 + 6 * line - line // 2}h0")
    return "".join(found)


def _pieces(row: Cells) -> Iterator[Piece]:
    """Letters of one style and one kind, blanks at their ends left out, broken where there are many."""
    column, found = 0, list[Piece]()
    for (ink, _), cells in groupby(row, lambda cell: (cell.ink, _kind(cell.text))):
        parts = list(cells)
        text, width = "".join(cell.text for cell in parts), sum(cell.width for cell in parts)
        found += _inked(column, text, width, ink) if parts[0].width == 1 else [Piece(column, text, width, ink)]
        column += width
    yield from found


def _inked(column: int, text: str, width: int, ink: Ink) -> Iterator[Piece]:
    """Pieces of single cells; what is under a line or through it is kept whole."""
    if ink.line:
        yield Piece(column, text, width, ink)
        return
    at = 0
    for part in text.split(" " * _GAP):
        inner = part.strip(" ")
        if inner:
            yield Piece(column + at + len(part) - len(part.lstrip(" ")), inner, len(inner), ink)
        at += len(part) + _GAP


def _kind(text: str) -> Kind:
    if cell_len(text[0]) > 1:
        return Kind.WIDE
    return Kind.DOTS if _BRAILLE < ord(text[0]) < _BRAILLE + 256 else Kind.LETTERS


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number % 26] + (str(number // 26) if number >= 26 else "")
