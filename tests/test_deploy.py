"""Image and compose file: linted, and of one piece with klagg's settings. `make image-check` runs the image's steps."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from klagg_tui.cli import COMMANDS
from klagg_tui.commands.doctor import RECORDER
from klagg_tui.config.table import SETTINGS
from tools.image_check import IMAGE, STEPS, Step, steps

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
VARIABLES = {setting.env for setting in SETTINGS}


def rests(word: str) -> list[str]:
    return [step.rest for step in DOCKERFILE if step.word == word]


def test_hadolint_has_nothing_to_say_against_the_dockerfile() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if program is None:
        pytest.skip("no hadolint is installed here")
    ended = subprocess.run([program, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
    loose = subprocess.run(
        [program, "-"], input="FROM debian\nRUN cd /x\n", capture_output=True, text=True, check=False
    )
    assert loose.returncode, "it looks closely"


def test_the_image_is_slim_and_its_user_is_not_root() -> None:
    assert [image.split()[0] for image in rests("FROM")] == [IMAGE, IMAGE]
    assert "slim" in IMAGE
    (user,) = rests("USER")
    assert not user.startswith(("0", "root"))
    assert rests("VOLUME") == ["/data"]
    health = json.loads(rests("HEALTHCHECK")[0].partition("CMD ")[2])
    assert health == ["klagg", "doctor", RECORDER]
    assert json.loads(rests("CMD")[0])[0] in COMMANDS


def test_everything_that_klagg_writes_goes_into_the_volume() -> None:
    (environment,) = rests("ENV")
    set_ = dict(word.split("=", 1) for word in environment.split())
    assert {name for name in set_ if name.startswith("KLAGG_")} <= VARIABLES
    for name in ("HOME", "KLAGG_DB", "KLAGG_LOG_PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        assert set_[name].split("/")[1] == "data"


def test_what_is_copied_is_there_and_is_let_through() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for rest in rests("COPY") if "--from" not in rest for word in rest.split()[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_every_instruction_is_one_that_can_be_tried_here() -> None:
    assert {step.word for step in DOCKERFILE} - {"FROM"} <= set(STEPS)
    text = '# syntax\nRUN a \\\n    && b\n\nCMD ["x"]\n'
    assert steps(text) == [Step("RUN", "a && b"), Step("CMD", '["x"]')]


def test_the_recorder_of_the_compose_file_may_do_as_little_as_it_can() -> None:
    klagg = COMPOSE["services"]["klagg"]
    assert klagg["read_only"] is True
    assert klagg["cap_drop"] == ["ALL"]
    assert klagg["volumes"] == ["klagg:/data"]
    assert klagg["command"][0] in COMMANDS
    assert klagg["environment"].keys() <= VARIABLES, "each is a setting"


def test_no_password_is_in_the_compose_file_and_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert {volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")} <= set(
            COMPOSE["volumes"]
        )
        for volume in service["volumes"]:
            if volume.startswith("."):
                source, _, mode = volume.split(":")
                assert (ROOT / source).is_dir()
                assert mode == "ro"
        image = service.get("image")
        assert image is None or re.search(r":\d+", image), "a version is named"


def test_grafana_is_given_what_it_asks_for() -> None:
    provisioning = DEPLOY / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "klagg.yaml").read_text())["datasources"][0]
    assert source["secureJsonData"]["password"] == "$READER_PASSWORD"
    assert source["user"] in (DEPLOY / "postgres" / "reader.sh").read_text()
    mounted = dict(volume.split(":")[:2] for volume in COMPOSE["services"]["grafana"]["volumes"])
    folder = yaml.safe_load((provisioning / "dashboards" / "klagg.yaml").read_text())["providers"][0]["options"]["path"]
    assert mounted["./deploy/grafana/dashboards"] == folder
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "klagg.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
    asked = {name for sql in queries(board) for name in re.findall(r"\$\{(\w+):", sql)}
    assert asked <= {variable["name"] for variable in board["templating"]["list"]}


def queries(board: dict[str, Any]) -> Iterator[str]:
    """Every question that the dashboard asks."""
    for panel in board["panels"]:
        yield from (target["rawSql"] for target in panel["targets"])
    yield from (variable["query"] for variable in board["templating"]["list"] if variable["type"] == "query")
