"""A picture of the screen as a file, in a folder that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_pictures_dir


def save_picture(svg: str, moment: str) -> Path:
    """Write it into the user's folder of pictures, else home, else where klagg was started; returns the file.

    Args:
        svg: the picture.
        moment: what its name says of its time; a file that is there is never replaced.

    Raises:
        OSError: none of the folders takes it.
    """
    failure = OSError("there is no folder for it")
    for folder in _folders():
        try:
            return _written(folder, svg, moment)
        except OSError as error:
            failure = error
    raise failure


def _folders() -> Iterator[Path]:
    places = (Path(user_pictures_dir()), Path.home(), Path.cwd())
    return (folder for folder in places if folder.is_dir())


def _written(folder: Path, svg: str, moment: str) -> Path:
    number = 1
    while True:
        path = folder / f"klagg-{moment}{f'-{number}' if number > 1 else ''}.svg"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(svg)
        except FileExistsError:
            number += 1
        else:
            return path
