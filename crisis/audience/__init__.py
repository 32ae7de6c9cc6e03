"""The citizens who want to be told: who they are, how to reach them, where they are."""
