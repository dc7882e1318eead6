"""Pins every version: asks pip what the bounds in pyproject.toml resolve to today and writes that down.

`constraints.txt` serves the program, its extras and the tests; `constraints-bench.txt` the program beside its peers,
`constraints-clients.txt` the programs that are pointed at the simulated exchange, `constraints-notebooks.txt` those that read its bars.
Only names and versions are written, so the files hold wherever packages come from.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
# What builds the package itself; an editable install asks for the second one.
BUILD = ["hatchling", "editables"]


def main() -> None:
    """Write all files anew."""
    write("constraints.txt", extras=["notebook", "parquet", "web"], groups=["dev", "packages"])
    write("constraints-bench.txt", extras=["nats", "parquet", "postgres"], groups=["bench"])
    write("constraints-clients.txt", extras=[], groups=["clients"])
    write("constraints-notebooks.txt", extras=["notebook"], groups=["notebooks"])


def write(name: str, *, extras: list[str], groups: list[str]) -> None:
    """Resolve and write one file."""
    pins = resolve(wanted(extras), groups)
    lines = [f"# {len(pins)} versions, written by `make constraints`; not to be edited by hand.", *pins]
    (ROOT / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(pins)} versions")


def wanted(extras: list[str]) -> list[str]:
    """What the project asks for by itself and through these extras, with the tools that build it."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    optional = [requirement for extra in extras for requirement in project["optional-dependencies"][extra]]
    return [*project["dependencies"], *optional, *pyproject["build-system"]["requires"], *BUILD]


def resolve(requirements: list[str], groups: list[str]) -> list[str]:
    """`name==version` of all that pip would install into an empty environment, sorted by name."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
        command += ["--report", str(report), *requirements]
        for group in groups:
            command += ["--group", f"{ROOT / 'pyproject.toml'}:{group}"]
        subprocess.run(command, check=True)
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    return sorted(pin(install["metadata"]) for install in installs)


def pin(metadata: dict[str, str]) -> str:
    """One line; names in the spelling that compares equal everywhere."""
    name = metadata["name"].lower().replace("_", "-").replace(".", "-")
    return f"{name}=={metadata['version']}"


if __name__ == "__main__":
    main()
