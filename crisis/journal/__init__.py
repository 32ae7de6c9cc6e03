"""The audit trail: who did what, when; appended, never changed, chained by one sealer. Ids and digests, no personal data."""
