"""The way in: `klagg`, and `python -m klagg_tui`."""

import gc
import sys


def main() -> None:
    """Load the command line and run it. Ctrl+C while it loads, which takes a moment, is no error to be traced back."""
    try:
        if sys.argv[1:] in (["--version"], ["-V"]) and _says_version():
            return
        gc.disable()  # what is loaded stays
        from klagg_tui.cli import main as run

        gc.enable()
        run()
    except KeyboardInterrupt:
        sys.exit(130)


def _says_version() -> bool:
    """The version at once, without what reads a command line; whether it could be written."""
    from klagg_tui import __version__

    try:
        sys.stdout.write(f"klagg {__version__}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
