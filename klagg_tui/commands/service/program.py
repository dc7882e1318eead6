"""What a service runs: a program with its arguments, and the environment that it would not have otherwise."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from klagg_tui.config.kinds import FilePath, Secret
from klagg_tui.config.reading import flag_text
from klagg_tui.config.table import BY_NAME, CONFIG_ENV, SETTINGS, Setting
from klagg_tui.config.venues import SYMBOLS
from klagg_tui.errors import KlaggError

NAME: Final = "klagg"
_KEPT: Final = (
    CONFIG_ENV,
    *(setting.env for setting in SETTINGS),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""Variables that decide what klagg does; a service is started without those of the shell."""
_PATHS: Final = frozenset({CONFIG_ENV, *(one.env for one in SETTINGS if isinstance(one.kind, FilePath))})
_LISTS: Final = frozenset(one.env for one in SETTINGS if one.kind is SYMBOLS)
_FILES: Final = re.compile(r"@([^,]+)")
"""A list of symbols in a file."""
_LOGIN: Final = re.compile(r"://[^/]*:[^/]*@")
"""In an address."""
_FLEETING: Final = ("/archive-v0/", "/pipx/.cache/")
"""In the paths of environments that uvx and pipx run make, and clear away by themselves."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, and variables."""

    words: tuple[str, ...]
    """The first one is an absolute path."""
    environment: Mapping[str, str]


def program(
    command: str, config: Path | None, flags: Mapping[str, Sequence[str]], environment: Mapping[str, str]
) -> Program:
    """Klagg as it runs here, with what was typed and with the variables that count here.

    Raises:
        KlaggError: this klagg will not be there for long.
    """
    begin = _begin()
    if any(part in begin[0] for part in _FLEETING):
        raise KlaggError(
            f"This klagg runs from {begin[0]}, which is cleared away some day, so no service was made of it: install klagg "
            "first (pipx install klagg-tui, or uv tool install klagg-tui)."
        )
    kept = {name: _settled(name, environment[name]) for name in _KEPT if environment.get(name)}
    if config is not None:
        kept[CONFIG_ENV] = str(config.expanduser().absolute())
    typed = {BY_NAME[name]: flag_text(BY_NAME[name], texts) for name, texts in flags.items() if texts}
    # What is in a command line, everybody on this machine can read.
    kept |= {one.env: text for one, text in typed.items() if _is_secret(one, text)}
    words = [f"{one.flag}={_settled(one.env, text)}" for one, text in typed.items() if not _is_secret(one, text)]
    return Program((*begin, command, *words), kept)


def _begin() -> tuple[str, ...]:
    """What starts klagg: the script of this environment, or its Python."""
    python = Path(sys.executable)
    script = python.with_name(NAME)
    return (str(script),) if script.is_file() else (str(python), "-m", "klagg_tui")


def _settled(variable: str, text: str) -> str:
    """A path that is meant from this folder on, meant from every other one too."""
    if variable in _PATHS:
        return str(Path(text).expanduser().absolute())
    return _FILES.sub(lambda found: f"@{Path(found[1]).expanduser().absolute()}", text) if variable in _LISTS else text


def _is_secret(setting: Setting, text: str) -> bool:
    """Whether it is a password, or an address with one."""
    return isinstance(setting.kind, Secret) or bool(_LOGIN.search(text))
