"""A klagg that fires an alert and does not live to see it told: `killed.py DATABASE URL`."""

import sys
import threading
from pathlib import Path

from klagg_tui.alerting.desk import Desk
from klagg_tui.alerting.webhook import Webhook
from tests.alerting.hooks import FIRING


def main() -> None:
    desk = Desk(Path(sys.argv[1]), [Webhook(sys.argv[2])])
    desk.start()
    desk.note([], [FIRING])
    threading.Event().wait()


if __name__ == "__main__":
    main()
