"""What the documents say of the house is so: the drawing, and every path they name."""

import re

import pytest

from tools.drawing import DOCUMENT, ROOT, drawing

DOCUMENTS = (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
_PATH = re.compile(r"(?<![\w/])(?:klagg_tui|tests|tools|bench|docs|assets|clients)/[\w./*-]*\w/?")


def test_the_drawing_is_that_of_the_import_contract() -> None:
    assert drawing() in DOCUMENT.read_text(encoding="utf-8"), "`python -m tools.drawing` draws it anew"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: object) -> None:
    text = (ROOT / str(document)).read_text(encoding="utf-8")
    missing = [path for path in _PATH.findall(text) if not any(ROOT.glob(path.rstrip("/"))) and "NAME" not in path]
    assert not missing
