"""What joins the rooms below: the engine's thread and loop, what feeds it, repair and confirmation, and what readers get."""
