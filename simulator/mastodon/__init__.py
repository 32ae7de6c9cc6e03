"""The double of Mastodon: every server is this one, and an account is known by its token."""
