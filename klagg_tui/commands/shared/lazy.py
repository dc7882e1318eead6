"""Commands by name, each loaded when it is asked for: whoever opens the terminal does not wait for what `klagg import` needs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.main import get_group

from klagg_tui.commands.shared.help import polish


class LazyCommands(MutableMapping[str, Any]):
    """What typer keeps of a group: its commands by their names, in order."""

    def __init__(self, names: Sequence[str]) -> None:
        self._found: dict[str, Any] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer's own types are private
        if self._found[name] is None:
            self._found[name] = _loaded(name)
        return self._found[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _loaded(name: str) -> Any:  # noqa: ANN401
    """The command as the module of its name registers it."""
    module = f"{name}_" if name == "import" else name  # a keyword is no name of a module
    alone = typer.Typer(rich_markup_mode="rich")
    import_module(f"klagg_tui.commands.{module}").register(alone)
    polish(alone)
    return get_group(alone).commands[name]
