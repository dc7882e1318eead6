"""Exchanges: a package each, found by name, and nobody but them knows what is inside."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import klagg_tui
from klagg_tui.exchange.registry import _PACKAGES, DEFAULT, venue
from klagg_tui.exchange.venue import Venue

ROOT = Path(klagg_tui.__file__).parent
OURS = {"session", "transport"}
"""Packages of the room that are everybody's."""
KNOW = {"importing": ("archive", "wire"), "exporting": ("archive", "wire"), "fetching": ("archive",)}
"""Rooms that read and write an exchange's files, and what of it they may import."""
SIMULATOR = "simulator"


def packages() -> set[str]:
    return {path.parent.name for path in (ROOT / "exchange").glob("*/__init__.py")} - OURS


def test_every_package_of_an_exchange_is_in_the_registry() -> None:
    assert {place.partition(".")[0] for place in _PACKAGES.values()} == packages()


@pytest.mark.parametrize("key", _PACKAGES)
def test_an_exchange_is_found_by_its_own_key(key: str) -> None:
    found = venue(key)
    assert isinstance(found, Venue)
    assert found.key == key
    package, _, name = _PACKAGES[key].partition(".")
    assert found is getattr(import_module(f"klagg_tui.exchange.{package}"), name or "VENUE")


def test_without_a_key_the_first_is_meant() -> None:
    assert venue() is venue(DEFAULT)


@pytest.mark.parametrize("package", sorted(packages()))
def test_nobody_else_imports_what_is_inside_an_exchange(package: str) -> None:
    inside = re.compile(rf"(?:from|import) klagg_tui\.exchange\.{package}\b(?:\.(\w+)| import (\w+))?")
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        room = name.split("/")[0]
        if name.startswith(f"exchange/{package}/") or room == SIMULATOR:
            continue
        for found in inside.finditer(path.read_text(encoding="utf-8")):
            assert (found[1] or found[2]) in KNOW.get(room, ()), f"{name}: {found[0]}"


ABOVE = {
    "facts": ("wire", "rest", "archive", "products"),
    "products": ("wire", "rest", "archive"),
    "wire": ("rest", "archive"),
}
"""What a room inside an exchange may not know: what stands above it."""


@pytest.mark.parametrize("package", sorted(packages()))
def test_inside_an_exchange_imports_go_downward_and_never_to_another_one(package: str) -> None:
    home = ROOT / "exchange" / package
    others = "|".join(sorted(packages() - {package}))
    to_another = re.compile(rf"klagg_tui\.exchange\.(?:{others})\b")
    for path in home.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not to_another.search(text), path
        room = path.relative_to(home).parts[0].removesuffix(".py")
        for above in ABOVE.get(room, ()):
            assert f"klagg_tui.exchange.{package}.{above}" not in text, f"{path} imports {above}"
