"""Who writes to a database can be asked without standing in anybody's way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from klagg_tui.storage.holder import holder_of
from klagg_tui.storage.opening import WriterLock

HOLDS = """
import sys
from pathlib import Path
from klagg_tui.storage.opening import WriterLock
lock = WriterLock(Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""


def test_the_process_that_holds_the_lock_is_told_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert holder_of(path) is None, "there is nothing"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert [holder_of(path), holder_of(path)] == [process.pid] * 2
        link = tmp_path / "link.db"
        link.symlink_to(path)
        assert holder_of(link) == process.pid, "by whatever name"
        process.communicate()
    assert holder_of(path) is None, "it ended"
    WriterLock(path).release()
