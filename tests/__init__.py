"""The tests; imported before anything of klagg is."""

import os

if os.environ.get("SLIPCOVER_ENABLED"):
    from slipcover import pytest_plugin as measuring

    # Whether a line is reached is what coverage asks. To count how often, so that its mark can be taken away, costs more than the mark does;
    # and that is an option of SlipCover's which it does not hand on to the processes that share the tests.
    if (marks := measuring._slipcover_instance) is not None:
        marks.immediate = True
