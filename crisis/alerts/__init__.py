"""Alerts in CAP's words: drafting, submitting, approving; what was written when, by whom, and who agreed."""
