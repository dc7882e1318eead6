"""A pseudo-terminal that somebody reads, for what is to be measured in one."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from pathlib import Path
from typing import Any

SIZE = (120, 36)


def in_terminal(*arguments: str, size: tuple[int, int] = SIZE, timeout_s: float = 180) -> Any:
    """What `python ARGUMENTS… FILE` wrote as JSON into the file, run in a terminal of that width and height."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "measured.json"
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": folder}
        child = subprocess.Popen(
            [sys.executable, *arguments, str(output)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        said = bytearray()
        reader = threading.Thread(target=_drain, args=(ours, said), daemon=True)
        reader.start()
        child.wait(timeout_s)
        reader.join(5)
        os.close(ours)
        if not output.exists():
            raise RuntimeError(f"{arguments} measured nothing: {said[-2_000:].decode(errors='replace')}")
        return json.loads(output.read_text(encoding="utf-8"))


def _drain(terminal: int, said: bytearray) -> None:
    while True:
        try:
            read = os.read(terminal, 1 << 16)
        except OSError:
            return
        if not read:
            return
        said += read[-2_000:]
        del said[:-4_000]
