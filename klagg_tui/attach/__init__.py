"""Windows on a market that another klagg records: what it tells them, what they ask of it, and how they find it."""
