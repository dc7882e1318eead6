"""The clients of docs/api.md do what is said of them: each runs as it stands there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from klagg_tui.serve.server import PushServer
from tests.makers import MINUTE, START, SYMBOL, bar
from tests.patience import WAIT_S
from tests.serve.serving import OTHER, current, put, serving

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def written(language: str) -> str:
    """The client of that language, from the section that it stands in."""
    section = DOCS.read_text(encoding="utf-8").split("## Ten lines\n")[1].split("\n## ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(found)


def _missing(*programs: str) -> str:
    return ", ".join(program for program in programs if shutil.which(program) is None)


def _node() -> list[str]:
    if not shutil.which("node"):
        return []
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    major = int(version.lstrip("v").split(".")[0])
    return ["node"] if major >= 22 else ["node", "--experimental-websocket"] if major >= 20 else []


NODE = _node()


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("python", [sys.executable]),
        pytest.param(
            "javascript", NODE, marks=pytest.mark.skipif(not NODE, reason="there is no Node.js with websockets, 20 or newer")
        ),
        pytest.param(
            "sh",
            ["sh"],
            marks=pytest.mark.skipif(bool(_missing("curl", "jq")), reason=f"not installed: {_missing('curl', 'jq')}"),
        ),
    ],
)  # fmt: skip
async def test_a_client_of_the_documentation_prints_the_minutes_as_they_end(
    language: str, command: list[str], tmp_path: Path
) -> None:
    text = written(language).replace("since=-2m", f"since={START}")
    assert len(text.splitlines()) <= 15
    program = tmp_path / f"follow.{language}"
    program.write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    async with serving() as server:
        await put(server, current("100.5"), current("7", symbol=OTHER), symbols=(SYMBOL, OTHER))
        running = await asyncio.create_subprocess_exec(
            *command, str(program), server.url.rstrip("/"), SYMBOL, stdout=PIPE, env=environment
        )
        assert running.stdout is not None
        telling = asyncio.create_task(_tell(server))
        try:
            async with asyncio.timeout(WAIT_S):
                line = (await running.stdout.readline()).decode()
        finally:
            telling.cancel()
            running.kill()
            await running.wait()
    assert line == f"{SYMBOL} {START} 101.25 1 closed\n"


async def _tell(server: PushServer) -> None:
    """Say that the minute has ended, again and again: nobody knows when the client is there."""
    while True:
        await put(server, current("99.5", START + MINUTE), ended=(bar(START, close="101.25"), bar(START, symbol=OTHER)))
        await asyncio.sleep(0.1)
