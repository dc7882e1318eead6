"""How it hangs together: the engine's thread and loop, what feeds it, what it writes, and the face screens see."""
