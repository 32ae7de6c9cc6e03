"""The adapters: one platform each, through its own SDK, behind one contract. No Django, no queue, no settings."""
