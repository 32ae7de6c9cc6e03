"""The double of Instagram's part of the Graph API: containers, their publication, lists and deletions."""
