"""Telling people of alerts outside of the screen: by a command, a webhook, the desktop; kept on the disk until it is done."""
