"""The ministry's people who use Tocsin, and what each role may do."""
