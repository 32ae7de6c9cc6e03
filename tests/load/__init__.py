"""Benchmarks: our speed and memory beside the bare limit and beside what a user would pick instead, in one run, as ratios."""
