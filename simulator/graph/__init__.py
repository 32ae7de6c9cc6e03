"""The double of Facebook's Graph API, as far as pages go: posts, photos, lists, edits and deletions."""
