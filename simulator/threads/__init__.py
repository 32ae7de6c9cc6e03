"""The double of the Threads API: consent, containers, their publication, answers, lists and deletions."""
