"""How present we are: what accounts reach day by day, what posts' websites link to, rankings, and what each post lacks."""
