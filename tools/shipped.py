"""Files that packages bring along beside the program: the manual page, and what shells complete by.

`python -m tools.shipped` writes them anew into `share/`; tests compare them with klagg as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from klagg_tui.commands.completions import Shell, script
from tools.manual import page

SHARE = Path(__file__).resolve().parents[1] / "share"


def files() -> Mapping[str, str]:
    """By path below `share`, as systems have it: https://specifications.freedesktop.org/basedir-spec/."""
    return {
        "man/man1/klagg.1": page(),
        "bash-completion/completions/klagg": script(Shell.BASH),
        "zsh/site-functions/_klagg": script(Shell.ZSH),
        "fish/vendor_completions.d/klagg.fish": script(Shell.FISH),
    }


def main() -> None:
    for name, text in files().items():
        path = SHARE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
