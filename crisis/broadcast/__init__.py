"""The fan-out's truth: what must leave, what has left, what cannot be known. Celery only moves what stands here."""
