"""`python -m klagg_tui` is `klagg`."""

from klagg_tui.cli import main

main()
