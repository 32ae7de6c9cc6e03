"""What is kept of people: removed when its time is over, told to whoever asks, and who of the staff looked at it."""
