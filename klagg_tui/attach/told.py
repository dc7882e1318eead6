"""What a recorder says to the person before it, as it holds for one before a window: options are to be given where it is started."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from klagg_tui.feed import Status

_OPTION: Final = re.compile(r"(?<![\w-])--[a-z]")
_COMMAND: Final = re.compile(r"`[^`]*`")
"""What is typed at another prompt, with options of its own."""
_WHERE: Final = " Options are the recorder's here: it has to be started with them."


def of_a_recorder(status: Status) -> Status:
    """The same for a window: a sentence that advises an option says that it is the recorder's."""
    venues = tuple(
        venue._replace(notices=_all_of(venue.notices), not_chosen=_of(venue.not_chosen)) for venue in status.venues
    )
    return status._replace(notices=_all_of(status.notices), not_chosen=_of(status.not_chosen), venues=venues)


def _all_of(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_of, sentences))


@lru_cache(maxsize=256)
def _of(sentence: str) -> str:
    return f"{sentence}{_WHERE}" if _OPTION.search(_COMMAND.sub("", sentence)) else sentence
