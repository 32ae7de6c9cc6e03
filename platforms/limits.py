"""Rates as data: what a platform allows, for whom, by which source. They are enforced elsewhere, for all workers together."""

from dataclasses import dataclass

from platforms.errors import Scope


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds, for each of a scope; `source` is where the platform says so."""

    scope: Scope
    count: int
    seconds: float
    source: str
