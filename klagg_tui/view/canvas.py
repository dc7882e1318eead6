"""A grid of cells to draw on, each a character and a role."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from klagg_tui.view.role import Piece, Role, RoleIndex


class Canvas:
    """`width` x `height` cells; whatever is put outside of it is dropped."""

    __slots__ = ("_letters", "_roles", "height", "width")

    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self._letters = [[" "] * self.width for _ in range(self.height)]
        self._roles: list[list[RoleIndex]] = [[Role.TEXT] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, letter: str, role: RoleIndex) -> None:
        """One cell."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._letters[y][x] = letter
            self._roles[y][x] = role

    def write(self, x: int, y: int, text: str, role: RoleIndex) -> None:
        """A text of narrow characters, from left to right."""
        if not 0 <= y < self.height:
            return
        begin, end = max(0, x), min(self.width, x + len(text))
        if begin < end:
            self._letters[y][begin:end] = text[begin - x : end - x]
            self._roles[y][begin:end] = [role] * (end - begin)

    def letter(self, x: int, y: int) -> str:
        """What stands there; a blank outside."""
        return self._letters[y][x] if 0 <= x < self.width and 0 <= y < self.height else " "

    def rows(self) -> list[list[Piece]]:
        """Each row as pieces, neighbours of one role together."""
        return [
            _pieces("".join(letters), bytes(roles)) for letters, roles in zip(self._letters, self._roles, strict=True)
        ]


_WITH_BACKGROUND: Final = frozenset({Role.GAIN_FLASH, Role.LOSS_FLASH})


@lru_cache(maxsize=1_024)
def _pieces(letters: str, roles: bytes) -> list[Piece]:
    """An empty cell goes with whatever is before it: it has no colour, and each piece costs as much as thirty cells.

    Kept: of a chart that goes on few rows differ from one frame to the next.
    """
    pieces: list[Piece] = []
    text, role = "", int(Role.TEXT)
    for letter, its_role in zip(letters, roles, strict=True):
        if its_role == role or (letter == " " and its_role == Role.TEXT and role not in _WITH_BACKGROUND):
            text += letter
            continue
        if text:
            pieces.append(Piece(text, role))
        text, role = letter, its_role
    return [*pieces, Piece(text, role)] if text else pieces
