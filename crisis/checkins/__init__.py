"""What comes back: the durable inbox, check-ins that land exactly once, cases, and the board that staff look at."""
