"""The double of Weibo's interface 2: posts that must link to a domain, its numbers for what it refuses, and OAuth 2.0."""
