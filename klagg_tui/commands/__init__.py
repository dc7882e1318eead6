"""What can be typed behind `klagg`: one file a command, named as it is typed; what several share is in `shared`."""
