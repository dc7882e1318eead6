"""What a text takes from elsewhere, saved filters and own names: each is read once, and none may hold itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from klagg_tui.errors import FilterError
from klagg_tui.view.filter.predicates import Truth
from klagg_tui.view.filter.presets import PRESETS
from klagg_tui.view.filter.quantity import Quantity
from klagg_tui.view.filter.scope import Scope

T = TypeVar("T")
MAX_LENGTH: Final = 500
"""Characters of a text."""
MAX_DEPTH: Final = 20
"""Brackets, negations, saved filters and own names within each other."""


class Library:
    """What one text that is being read refers to."""

    def __init__(
        self,
        scope: Scope,
        read_filter: Callable[[str, Library], Truth],
        read_any: Callable[[str, Library], Truth | Quantity],
    ) -> None:
        self.scope = scope
        self._read_filter = read_filter
        self._read_any = read_any
        self._depth = 0
        self._open: list[str] = []
        self._filters: dict[str, Truth] = {}
        self._names: dict[str, Truth | Quantity] = {}
        self._unread: dict[str, str] = {}
        """What was wrong with those that could not be read: none is tried twice."""

    def deeper(self, parse: Callable[[], T], at: int) -> T:
        """What it parses, one level further in.

        Raises:
            FilterError: that is too deep, or it cannot be read.
        """
        if self._depth >= MAX_DEPTH:
            raise FilterError("This is nested too deep.", at)
        self._depth += 1
        try:
            return parse()
        finally:
            self._depth -= 1

    def saved(self, name: str, at: int, *, is_last: bool) -> Truth:
        """The saved filter of that name; `is_last`: nothing stands behind it yet.

        Raises:
            FilterError: there is none, or it cannot be read.
        """
        if name not in self._filters:
            text = self.scope.saved.get(name, PRESETS.get(name))
            if text is None:
                can_grow = is_last and any(other.startswith(name) for other in (*self.scope.saved, *PRESETS))
                raise FilterError(f"No filter is saved as {name!r}.", at, can_grow=can_grow)
            self._filters[name] = self._kept(self._read_filter, text, f"saved filter {name!r}", at)
        return self._filters[name]

    def own(self, name: str, at: int) -> Truth | Quantity | None:
        """What the own name in lower case stands for; None where it is none.

        Raises:
            FilterError: it cannot be read.
        """
        text = self.scope.names.get(name)
        if text is None:
            return None
        if name not in self._names:
            self._names[name] = self._kept(self._read_any, text, f"name {name!r}", at)
        return self._names[name]

    def _kept(self, read: Callable[[str, Library], T], text: str, what: str, at: int) -> T:
        if what in self._open:
            raise FilterError(f"The {what} holds itself.", at)
        if what in self._unread:
            raise FilterError(self._unread[what], at)
        self._open.append(what)
        try:
            return self.deeper(lambda: read(text[:MAX_LENGTH], self), at)
        except FilterError as error:
            self._unread[what] = f"In the {what}: {error}"
            raise FilterError(self._unread[what], at) from error
        finally:
            self._open.pop()
