"""The simulator: loopback doubles of Telegram, X, Facebook, Instagram and Threads for the demo, for drills and for tests.

It speaks their wire protocols so closely that the real client libraries work against it unmodified, counts every
text in the platform's own unit, and breaks on request in every way that a platform has been seen to break.

It never imports `platforms`, nor any other room: it counts, signs and refuses by itself, because an independent count
is the whole point. Nothing here ever leaves the machine: it listens on loopback, and it calls loopback only.
"""
