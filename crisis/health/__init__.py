"""Whether the house itself is well: the sweep's pulse, the canaries, and counts of the ledger for whoever watches."""
