"""The house in figures: modules, rooms, the longest chain of imports, and how deep a usual trade is called.

`python -m tools.structure` prints them for the tree it stands in.
"""

from __future__ import annotations

import ast
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, Final

import grimp

PACKAGE: Final = "klagg_tui"
SMALL: Final = 60
"""Lines below which a module is counted as a small one."""
_WATCHED_S: Final = 12.0


def main() -> None:
    files = sorted(Path(PACKAGE).rglob("*.py"))
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    rooms = Counter(str(file.parent) for file in files if file.name != "__init__.py")
    biggest, most = rooms.most_common(1)[0]
    chain = longest_chain()
    functions = sorted(function_lengths(files))
    figures = {
        "modules": len(files),
        f"modules under {SMALL} lines": sum(count < SMALL for count in lines.values()),
        "lines": sum(lines.values()),
        "longest module": max(lines.values()),
        "biggest folder": f"{biggest}, {most} modules beside its __init__",
        "lines in storage": sum(count for file, count in lines.items() if PACKAGE + "/storage" in str(file)),
        "longest chain of imports": f"{len(chain)} modules",
        "lines of a function, median and nine of ten": (
            f"{statistics.median(functions):.0f}, {functions[len(functions) * 9 // 10]}"
        ),
        "calls from a socket's bytes to a trade's bar": depth_of_a_trade(),
    }
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    print(" → ".join(module.removeprefix(PACKAGE + ".") for module in chain))


def longest_chain() -> list[str]:
    """Modules that import each other in a row, the longest such row: what a reader may have to know at the most."""
    graph = grimp.build_graph(PACKAGE)
    found: dict[str, list[str]] = {}

    def chain(module: str, above: frozenset[str]) -> list[str]:
        if module not in found:
            below = graph.find_modules_directly_imported_by(module) - above
            found[module] = [module, *max((chain(one, above | {module}) for one in sorted(below)), key=len, default=[])]
        return found[module]

    return max((chain(module, frozenset()) for module in sorted(graph.modules)), key=len)


def function_lengths(files: list[Path]) -> list[int]:
    """Lines of each function and method, its signature included."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def depth_of_a_trade() -> int:
    """Python calls between the loop's `data_received` and the loop over trades in `BarGrid.take`, both included.

    Watched in a demo market that runs for some seconds; the commonest depth counts.
    """
    import tempfile

    from klagg_tui.engine.grid import BarGrid
    from klagg_tui.engine.period import DEFAULT_PERIODS
    from klagg_tui.runtime.plans import demo_plan
    from klagg_tui.runtime.simulation import simulated_exchange
    from klagg_tui.runtime.worker import Runtime

    depths: Counter[int] = Counter()

    def watch(frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401 - as the interpreter hands it over
        if event == "call" and frame.f_code is BarGrid.take.__code__:
            depth, at = 1, frame.f_back
            while at is not None and at.f_code.co_name != "data_received":
                depth, at = depth + 1, at.f_back
            if at is not None:
                depths[depth + 1] += 1

    with (
        tempfile.TemporaryDirectory() as folder,
        simulated_exchange("--symbols", "5", "--activity", "50") as urls,
    ):
        threading.setprofile(watch)
        runtime = Runtime(demo_plan(urls.rest, urls.ws, Path(folder) / "demo.db", DEFAULT_PERIODS))
        runtime.start()
        threading.setprofile(None)
        ends_s = time.monotonic() + _WATCHED_S
        while time.monotonic() < ends_s and sum(depths.values()) < 50:
            time.sleep(0.1)
        runtime.cancel()
        runtime.wait(10)
    return depths.most_common(1)[0][0] if depths else 0


if __name__ == "__main__":
    sys.exit(main())
