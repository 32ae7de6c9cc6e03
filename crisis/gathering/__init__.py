"""Instructions that must not be passed on: told to each household with a code of its own, which staff check at the door."""
