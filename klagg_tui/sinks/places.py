"""What an address means as the place of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from klagg_tui.errors import SinkError
from klagg_tui.sinks.place import Place
from klagg_tui.sinks.place_bucket import BucketPlace
from klagg_tui.sinks.place_folder import FolderPlace

SCHEMES: Final = ("s3", "gs", "file")


def place_of(address: str) -> Place:
    """What an address means: `file:///FOLDER`, `s3://BUCKET/FOLDER`, `gs://BUCKET/FOLDER`.

    Raises:
        SinkError: it means nothing, or what it needs is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise SinkError("A folder for a dataset is named from the root on, with three strokes: file:///srv/bars.")
        return FolderPlace(Path(unquote(parts.path)))
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise SinkError("A dataset goes to an address like s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER.")
    return BucketPlace(address)
