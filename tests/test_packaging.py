"""The promises of pyproject.toml and the constraints files: everything bounded, everything pinned, no addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from klagg_tui import __version__

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS = PYPROJECT["dependency-groups"]
EXTRA = PROJECT["optional-dependencies"]
EXTRAS = [text for extra in EXTRA.values() for text in extra]
BUILD = PYPROJECT["build-system"]["requires"]

SHIPPED = [*PROJECT["dependencies"], *BUILD]
EVERYTHING = sorted(
    {*SHIPPED, *EXTRAS, *GROUPS["dev"], *GROUPS["bench"], *GROUPS["clients"], *GROUPS["notebooks"], *GROUPS["packages"]}
)


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("text", EVERYTHING)
def test_every_dependency_has_a_lower_and_an_upper_bound(text: str) -> None:
    assert {specifier.operator for specifier in Requirement(text).specifier} == {">=", "<"}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("constraints.txt", [*SHIPPED, *EXTRAS, *GROUPS["dev"], *GROUPS["packages"]]),
        ("constraints-bench.txt", [*SHIPPED, *GROUPS["bench"]]),
        ("constraints-clients.txt", [*SHIPPED, *GROUPS["clients"]]),
        ("constraints-notebooks.txt", [*SHIPPED, *EXTRA["notebook"], *GROUPS["notebooks"]]),
    ],
)
def test_every_dependency_is_pinned_within_its_bounds(name: str, wanted: list[str]) -> None:
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize(
    "name", ["constraints.txt", "constraints-bench.txt", "constraints-clients.txt", "constraints-notebooks.txt"]
)
def test_a_constraints_file_holds_names_and_versions_and_nothing_else(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines()[1:]:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)


def test_the_version_is_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
