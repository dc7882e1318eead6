"""The health screen as values: what klagg measured of itself, how grave that is, and what it means in plain words. Pure."""
