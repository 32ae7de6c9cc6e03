"""A gateway for Apprise's `json://` notifications."""
