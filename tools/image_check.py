"""Runs the steps of the Dockerfile in a bare Debian and tries what comes of them, where no Docker is.

`make image-check`, as root, with debootstrap; takes minutes. Debian's own Python stands for that of the image python:3.13-slim:
Debian trixie has the same one, under /usr. Each stage is a folder, each RUN a `chroot`. What comes of it is tried as a container
would run it: process and mount namespaces of its own, the root read-only, only /data and /tmp writable, the user of the image.
`--base FOLDER` takes a Debian that is there already.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
IMAGE = "python:3.13-slim-trixie"
SUITE = "trixie"
PYTHON = "Python 3.13."
NEEDED = ("debootstrap", "chroot", "unshare", "setpriv")
PACKAGES = "python3,python3-venv,ca-certificates"
_OURS = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine finds and trusts others; a container has them of its host."""


class Step(NamedTuple):
    """One instruction."""

    word: str
    rest: str


@dataclass
class Stage:
    """A folder that becomes the root of a container, and what is set for it."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    folder: str = "/"
    user: str = "0:0"
    said: dict[str, list[str]] = field(default_factory=dict)
    """What ENTRYPOINT, CMD and HEALTHCHECK say."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, metavar="FOLDER", help=f"A Debian {SUITE} with {PACKAGES}.")
    asked = parser.parse_args()
    lacking = [name for name in NEEDED if shutil.which(name) is None and not (name == "debootstrap" and asked.base)]
    if os.geteuid() or lacking:
        print(
            f"This needs root, and {', '.join(NEEDED)} ({', '.join(lacking) or 'all are'} {'missing' if lacking else 'here'})."
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="klagg-image-") as name:
        folder = Path(name)
        base = asked.base or made_base(folder / "base")
        version = inside(Stage(base), ["python3", "-V"]).stdout.strip()
        assert version.startswith(PYTHON), f"{IMAGE} has {PYTHON}x, this Debian {version}"
        stage = built(steps((ROOT / "Dockerfile").read_text(encoding="utf-8")), base, folder)
        print(
            f"  ✔ every step of the Dockerfile, with {version}; /opt/klagg has {size(stage.root / 'opt/klagg'):,} bytes"
        )
        tried(stage, folder)
    return 0


def made_base(folder: Path) -> Path:
    run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(folder)])
    return folder


def steps(text: str) -> list[Step]:
    """The instructions of a Dockerfile, without comments, lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Step(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def built(wanted: list[Step], base: Path, folder: Path) -> Stage:
    """The last stage, after all steps."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for word, rest in wanted:
        if word == "FROM":
            image, *name = rest.split(" AS ")
            assert image == IMAGE, f"{image} is not what is built on here"
            stage = Stage(folder / f"stage{len(stages)}")
            stages[name[0] if name else str(len(stages))] = stage
            run(["cp", "-a", f"{base}/.", str(stage.root)])
            for file in _OURS:
                shutil.copyfile(file, f"{stage.root}{file}")
            (stage.root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        else:
            assert stage is not None, "a Dockerfile begins with FROM"
            STEPS[word](stage, rest, stages)
    assert stage is not None
    return stage


def _run(stage: Stage, rest: str, _stages: dict[str, Stage]) -> None:
    inside(stage, ["/bin/sh", "-c", rest])


def _copy(stage: Stage, rest: str, stages: dict[str, Stage]) -> None:
    words = shlex.split(rest)
    whence = stages[words.pop(0).removeprefix("--from=")].root if words[0].startswith("--from=") else ROOT
    *sources, target = words
    goal = Path(f"{stage.root}{target}") if target.startswith("/") else Path(f"{stage.root}{stage.folder}") / target
    for source in sources:
        origin = whence / source.lstrip("/")
        if origin.is_dir():
            shutil.copytree(
                origin,
                goal,
                symlinks=True,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__") if whence == ROOT else None,
            )
        else:
            shutil.copy2(origin, goal)


def _env(stage: Stage, rest: str, _stages: dict[str, Stage]) -> None:
    for word in shlex.split(rest):
        name, _, value = word.partition("=")
        stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])


def _workdir(stage: Stage, rest: str, _stages: dict[str, Stage]) -> None:
    stage.folder = rest
    Path(f"{stage.root}{rest}").mkdir(parents=True, exist_ok=True)


def _user(stage: Stage, rest: str, _stages: dict[str, Stage]) -> None:
    stage.user = rest


def _says(word: str) -> Callable[[Stage, str, dict[str, Stage]], None]:
    def note(stage: Stage, rest: str, _stages: dict[str, Stage]) -> None:
        stage.said[word] = json.loads(rest[rest.index("[") :])

    return note


def _nothing(_stage: Stage, _rest: str, _stages: dict[str, Stage]) -> None:
    """It says something to who runs the image."""


STEPS: dict[str, Callable[[Stage, str, dict[str, Stage]], None]] = {
    "RUN": _run,
    "COPY": _copy,
    "ENV": _env,
    "ARG": _env,
    "WORKDIR": _workdir,
    "USER": _user,
    "ENTRYPOINT": _says("ENTRYPOINT"),
    "CMD": _says("CMD"),
    "HEALTHCHECK": _says("HEALTHCHECK"),
    "VOLUME": _nothing,
    "EXPOSE": _nothing,
    "STOPSIGNAL": _nothing,
}


def tried(stage: Stage, folder: Path) -> None:
    """Record a simulated market as a container would, ask whether it is healthy, and end it."""
    volume = folder / "volume"
    run(["cp", "-a", str(stage.root / "data"), str(volume)])
    said = contained(stage, volume, [*stage.said["ENTRYPOINT"], "--version"]).stdout.strip()
    print(f"  ✔ {said}, root read-only, as user {stage.user}")
    for path in ("/x", "/opt/klagg/x"):
        assert contained(stage, volume, ["touch", path], check=False).returncode, f"{path} can be written"
    found = contained(stage, volume, ["klagg", "doctor", "settings", "disk", "database"]).stdout
    assert "/data" in found, found
    assert contained(stage, volume, stage.said["HEALTHCHECK"], check=False).returncode, "healthy though nothing runs"
    # A network of processes: the exchange, the recorder and the health check share one container here.
    urls = ("--rest-url", "http://127.0.0.1:18080", "--ws-url", "ws://127.0.0.1:18080")
    health, record = (
        shlex.join(stage.said["HEALTHCHECK"]),
        shlex.join([*stage.said["ENTRYPOINT"], *stage.said["CMD"], *urls]),
    )
    script = f"""
klagg simulate --port 18080 --symbols 5 > /tmp/simulate.txt 2>&1 & exchange=$!
{record} > /tmp/record.txt 2>&1 & recorder=$!
tries=0
until {health} > /tmp/health.txt 2>&1; do
    tries=$((tries + 1)); [ $tries -lt 60 ] || {{ cat /tmp/*.txt; exit 1; }}
    kill -0 $recorder || {{ cat /tmp/*.txt; exit 1; }}
    sleep 1
done
cat /tmp/health.txt
until klagg export --symbol BTCUSDT --period 1m 2> /tmp/export.txt | grep -q ,; do
    tries=$((tries + 1)); [ $tries -lt 60 ] || {{ cat /tmp/*.txt; exit 1; }}
    sleep 1
done
kill -TERM $recorder; wait $recorder; echo "ended with $?"
{health} && exit 1
kill -TERM $exchange
klagg export --symbol BTCUSDT --period 1m | wc -l
"""
    begun_s = time.monotonic()
    said = contained(stage, volume, ["/bin/sh", "-c", script]).stdout
    assert "✔ recorder" in said, said
    assert "ended with 0" in said, said
    rows = int(said.split()[-1])
    assert rows > 1, said
    print(
        f"  ✔ records, is healthy, ends at SIGTERM with 0 and is not healthy then; {rows - 1} bars ({time.monotonic() - begun_s:.0f} s)"
    )


def contained(
    stage: Stage, volume: Path, command: list[str], *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command as a container of the image would."""
    root = stage.root
    mounts = f"""
mount --bind {root} {root}
mount --bind {volume} {root}/data
mount -t tmpfs tmpfs {root}/tmp
mount -t proc proc {root}/proc
mount --bind /dev {root}/dev
mount -o remount,ro,bind {root}
cd {root}
exec chroot {root} setpriv --reuid={stage.user.split(":")[0]} --regid={stage.user.split(":")[1]} --clear-groups --no-new-privs \
    --bounding-set=-all env -i {shlex.join(f"{name}={value}" for name, value in stage.environment.items())} \
    sh -c {shlex.quote(f'cd {stage.folder} && exec "$@"')} sh {shlex.join(command)}
"""
    return run(["unshare", "--mount", "--pid", "--fork", "/bin/sh", "-e", "-c", mounts], check=check)


def inside(stage: Stage, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a step while the image is built."""
    environment = [f"{name}={value}" for name, value in stage.environment.items()]
    script = f'cd {stage.folder} && exec "$@"'
    return run(["chroot", str(stage.root), "env", "-i", *environment, "/bin/sh", "-c", script, "sh", *command])


def size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def run(command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and ended.returncode:
        print(ended.stdout[-3000:], ended.stderr[-3000:], sep="\n")
        print(f"  ✘ {shlex.join(command)[:300]} ended with {ended.returncode}")
        sys.exit(1)
    return ended


if __name__ == "__main__":
    sys.exit(main())
