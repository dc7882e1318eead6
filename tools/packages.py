"""Builds wheel and sdist, and tries each in a fresh environment of every supported Python that is here.

`make packages`; takes minutes, so it is no test. In each environment: the version, the files beside the program, a doctor, the demo
in a terminal until its table is there, and an export of what it stored meanwhile. `--dist FOLDER` takes packages that were built
before, so that this file alone is enough on another machine.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
BESIDE = (
    "share/man/man1/klagg.1",
    "share/bash-completion/completions/klagg",
    "share/zsh/site-functions/_klagg",
    "share/fish/vendor_completions.d/klagg.fish",
)
PATIENCE_S = 120.0
_SHOWN = re.compile(rb"BTC")
"""In the table of the demo."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", action="append", metavar="PROGRAM", help="Try these; default: all that are found.")
    parser.add_argument("--dist", type=Path, metavar="FOLDER", help="Packages that are there already.")
    asked = parser.parse_args()
    pythons = asked.python or found()
    missing = sorted(set(PYTHONS) - {Path(python).name for python in pythons}) if not asked.python else []
    failed = 0
    with tempfile.TemporaryDirectory(prefix="klagg-packages-") as folder:
        dist = asked.dist or built(Path(folder))
        for python in pythons:
            for package in sorted(dist.glob("klagg_tui-*")):
                for extras in ("", f"[{','.join(extras_of(dist))}]"):
                    what = f"{version(python)}  {package.name}{extras}"
                    try:
                        with environment(python, Path(folder)) as place:
                            said = tried(place, f"{package.resolve()}{extras}")
                        print(f"  ✔ {what}: {said}", flush=True)
                    except (subprocess.SubprocessError, AssertionError, OSError) as error:
                        failed += 1
                        print(f"  ✘ {what}: {_told(error)}", flush=True)
    for name in missing:
        print(f"  – {name} is not here: not tried")
    return 1 if failed else 0


def found() -> list[str]:
    """The supported ones in the path that start."""
    there = [name for name in PYTHONS if shutil.which(name)]
    return [name for name in there if subprocess.run([name, "-V"], capture_output=True, check=False).returncode == 0]


def extras_of(dist: Path) -> list[str]:
    """All that the wheel offers."""
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        (metadata,) = (name for name in content.namelist() if name.endswith(".dist-info/METADATA"))
        return re.findall(r"^Provides-Extra: (.+)$", content.read(metadata).decode(), re.MULTILINE)


def version(python: str) -> str:
    return subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.strip()


def built(folder: Path) -> Path:
    """Both packages, with the pinned tools that build them."""
    pinned = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "SOURCE_DATE_EPOCH": "1577836800"}
    dist = folder / "dist"
    run([sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT)], env=pinned)
    print("  " + ", ".join(f"{path.name} ({path.stat().st_size:,} bytes)" for path in sorted(dist.iterdir())))
    return dist


@contextlib.contextmanager
def environment(python: str, folder: Path) -> Iterator[Path]:
    """A fresh one with nothing but pip."""
    place = folder / "environment"
    if Path(sys.executable).name == python:
        venv.create(place, with_pip=True)
    else:
        run([python, "-m", "venv", str(place)])
    try:
        yield place
    finally:
        shutil.rmtree(place)


def tried(place: Path, package: str) -> str:
    """What was seen of a package.

    Raises:
        AssertionError: something was not as it should be.
    """
    begun_s = time.monotonic()
    run([str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])
    installed_s = time.monotonic() - begun_s
    for name in BESIDE:
        assert (place / name).is_file(), f"{name} is not installed"
    klagg = str(place / "bin" / "klagg")
    home = place / "home"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KLAGG_", "PYTHON", "XDG_"))}
    clean |= {"HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", "TMPDIR": str(home)}
    said = run([klagg, "--version"], env=clean).strip()
    run([klagg, "doctor", "settings", "disk", "database"], env=clean)
    drawn_s, rows = demonstrated(klagg, home, clean)
    return f"{said}, installed in {installed_s:.0f} s, table after {drawn_s:.1f} s, {rows:,} bars exported"


def demonstrated(klagg: str, home: Path, env: dict[str, str]) -> tuple[float, int]:
    """Seconds until the demo's table was there, and how many bars of it were exported while it ran."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    begun_s = time.monotonic()
    with subprocess.Popen(
        [klagg, "demo"], stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    ) as demo:
        os.close(theirs)
        try:
            drawn_s = _until_drawn(ours, demo, begun_s)
            rows = _exported(klagg, home, env, ours)
            os.write(ours, b"q")
            while demo.poll() is None:
                assert time.monotonic() - begun_s < PATIENCE_S, "q did not end the demo"
                _read(ours)
            assert demo.returncode == 0, f"the demo ended with {demo.returncode}"
        finally:
            if demo.poll() is None:
                demo.kill()
            os.close(ours)
    return drawn_s, rows


def _until_drawn(ours: int, demo: subprocess.Popen[bytes], begun_s: float) -> float:
    shown = b""
    while not _SHOWN.search(shown):
        assert time.monotonic() - begun_s < PATIENCE_S, f"no table came: {shown[-500:]!r}"
        assert demo.poll() is None, f"the demo ended with {demo.returncode}: {shown[-500:]!r}"
        shown += _read(ours)
    return time.monotonic() - begun_s


def _exported(klagg: str, home: Path, env: dict[str, str], ours: int) -> int:
    """Once the demo has stored some."""
    begun_s = time.monotonic()
    while time.monotonic() - begun_s < PATIENCE_S:
        for path in home.glob("klagg-demo-*/demo.db"):
            asked = [klagg, "export", "--db", str(path), "--symbol", "BTCUSDT", "--period", "1m"]
            # The demo writes on: who does not read its terminal would stop it.
            with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as export:
                assert export.stdout is not None
                rows = max(0, len(export.stdout.read().splitlines()) - 1)
            if export.returncode == 0 and rows:
                return rows
        _read(ours)
    raise AssertionError("the demo stored nothing")


def _read(ours: int) -> bytes:
    if not select.select([ours], [], [], 0.1)[0]:
        return b""
    with contextlib.suppress(OSError):  # hung up
        return os.read(ours, 65_536)
    return b""


def run(command: list[str], env: dict[str, str] | None = None) -> str:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def _told(error: Exception) -> str:
    said = getattr(error, "stderr", None) or ""
    return f"{error}\n{said}".strip()


if __name__ == "__main__":
    sys.exit(main())
