"""What to say where a library is not installed that klagg needs for one thing alone: the command that brings it to this klagg."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_TOOLS: Final = (
    ("uv-receipt.toml", "uv tool install"),
    ("pipx_metadata.json", "pipx install --force"),
)
"""What lies in an environment that a program manages, and that program's command."""


def missing(what: str, library: str, extra: str) -> str:
    """A sentence: `what` needs `library`, which an extra of klagg's brings."""
    return f"{what} needs {library}, which is not installed: {_command()} 'klagg-tui[{extra}]'."


def _command() -> str:
    """A plain pip may be that of another Python, or refused by the system's."""
    environment = Path(sys.prefix)
    for sign, command in _TOOLS:
        if (environment / sign).exists():
            return command
    if sys.prefix != sys.base_prefix and find_spec("pip"):
        return f"{shlex.quote(str(environment / 'bin' / 'python'))} -m pip install"
    return "pip install"
