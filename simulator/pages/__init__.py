"""The pages for people: what stands on the simulated accounts, and a chat in which anybody can be a citizen."""
