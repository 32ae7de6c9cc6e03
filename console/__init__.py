"""The staff's web: compose, approve, follow, the check-in board, cases, accounts."""
