"""The fault matrix of the engine: real processes, broken on purpose, counted by the platforms themselves (`make faults`)."""
