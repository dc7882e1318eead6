"""How long a test waits for what is to come."""

from __future__ import annotations

from typing import Final

WAIT_S: Final = 60.0
"""As long may a busy machine take for anything. Whoever waits goes on as soon as it is there, so this costs nothing."""
