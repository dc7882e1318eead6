"""The way in: `klagg`, and `python -m klagg_tui`."""

import sys


def main() -> None:
    """Load the command line and run it. Ctrl+C while it loads, which takes a moment, is no error to be traced back."""
    try:
        from klagg_tui.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
