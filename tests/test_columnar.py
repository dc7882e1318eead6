"""Polars and Ctrl+C."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import klagg_tui

_CODE = """
import signal, threading
came = []
signal.signal(signal.SIGINT, lambda *_: came.append(1))
{load}
torn, ends = [], threading.Event()
rows = b"\\n".join(b"%d,%d.5,%d" % (at, at % 100, at // 50) for at in range(200_000))

def compute():
    while not ends.is_set():
        try:
            read = pl.read_csv(rows, has_header=False, new_columns=["a", "b", "c"]).lazy()
            read.group_by("c", maintain_order=True).agg(pl.col("a").sum(), pl.col("b").max()).collect()
        except KeyboardInterrupt:
            torn.append(1)

thread = threading.Thread(target=compute)
thread.start()
for _ in range(60):
    thread.join(0.007)
    signal.raise_signal(signal.SIGINT)
ends.set()
thread.join()
print(len(came), len(torn))
"""


_IN_A_THREAD = """
def load():
    global pl
    from klagg_tui.columnar import pl
loading = threading.Thread(target=load)
loading.start()
loading.join()
"""
"""As an export of the terminal app does."""


def interrupted(load: str) -> tuple[int, int]:
    """How many of sixty interrupts came, and how many computations of `pl`, loaded so, they tore."""
    done = subprocess.run([sys.executable, "-c", _CODE.format(load=load)], capture_output=True, text=True, check=True)
    came, torn = map(int, done.stdout.split())
    return came, torn


def test_what_is_computed_by_columns_goes_on_whoever_presses_ctrl_c() -> None:
    assert interrupted("from klagg_tui.columnar import pl") == (60, 0)
    assert interrupted(_IN_A_THREAD) == (60, 0)
    came, torn = interrupted("import polars as pl")
    assert came == 60
    assert torn, "Polars leaves Ctrl+C alone by now: klagg_tui/columnar.py may go"


def test_nobody_else_loads_it() -> None:
    root = Path(klagg_tui.__file__).parent
    loading = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"^import polars|^ {4,}import polars", path.read_text(encoding="utf-8"), re.MULTILINE)
        and not re.search(r"if TYPE_CHECKING:\n(    .*\n)*    import polars", path.read_text(encoding="utf-8"))
    }
    assert loading == {"columnar.py"}
