"""REST: from a path and its parameters to a reply, at a moment."""
