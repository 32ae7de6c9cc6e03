"""The double of X's API v2: posts, deletions, timelines and media; OAuth 1.0a is verified, length counted as X does."""
