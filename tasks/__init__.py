"""The legs of the fan-out: Celery tasks that ask the ledger, publish through the adapters, and write down what came of it."""
