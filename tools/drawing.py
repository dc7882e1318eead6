"""The house as a drawing: Mermaid made from the import contract `rooms` and the first lines of the rooms themselves.

`python -m tools.drawing` writes it anew into `docs/architecture.md`; a test compares the two.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = ROOT / "docs" / "architecture.md"
_FENCE: Final = re.compile(r"```mermaid\n.*?```", re.DOTALL)
_NAME: Final = re.compile(r"\w+")


def main() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(_FENCE.sub(lambda _: drawing(), text, count=1), encoding="utf-8")


def drawing() -> str:
    """A fenced block: a row for each floor, an arrow for what a floor may import."""
    floors = [[_NAME.findall(room)[0] for room in re.split(r"[|:]", layer)] for layer in layers()]
    lines = ["```mermaid", "flowchart TD"]
    for number, rooms in enumerate(floors):
        lines.append(f'    subgraph floor{number} [" "]')
        lines.append("        direction LR")
        lines += [f'        {room}["<b>{room.strip("_")}</b><br/>{_purpose(room)}"]' for room in rooms]
        lines.append("    end")
    lines += [f"    floor{number} --> floor{number + 1}" for number in range(len(floors) - 1)]
    return "\n".join([*lines, "```"])


def layers() -> list[str]:
    """The floors of the house, from the top, as the contract writes them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    found: list[str] = next(contract for contract in contracts if contract["id"] == "rooms")["layers"]
    return found


def _purpose(room: str) -> str:
    """The first sentence of a room's docstring, without what would end a label."""
    package = ROOT / "klagg_tui" / room
    file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    sentence = re.split(r"[.;:]\s|\.$", docstring.split("\n\n")[0].replace("\n", " "))[0]
    return sentence.replace('"', "'").replace("`", "").strip()


if __name__ == "__main__":
    sys.exit(main())
