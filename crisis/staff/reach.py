"""How far somebody reaches: the one rule by which a row is theirs to see or to touch. What nothing allows is nobody's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Reach:
    """Some posts, some rollcalls, or everything.

    Attributes:
        parts: each a set of posts (None: all) together with one rollcall (None: all); a row in any of them is in reach.
    """

    parts: frozenset[tuple[frozenset[int] | None, int | None]] = frozenset()

    @classmethod
    def of(cls, *, posts: frozenset[int] | None, rollcall: int | None) -> Self:
        """Return one part as a whole."""
        return cls(frozenset({(posts, rollcall)}))

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(self.parts | other.parts)

    @property
    def everything(self) -> bool:
        """Whether it has no bounds."""
        return (None, None) in self.parts

    @property
    def posts(self) -> frozenset[int]:
        """The posts of which everything is in reach, where not every post is."""
        return frozenset().union(*(posts for posts, asked in self.parts if posts is not None and asked is None))

    @property
    def key(self) -> str:
        """A text that is the same for everybody who sees the same, for what is kept ready for them."""
        if self.everything:
            return "everything"
        return ";".join(
            sorted(f"{'all' if posts is None else sorted(posts)}@{asked or 'all'}" for posts, asked in self.parts)
        )

    def rows(self, post: str = "post", rollcall: str | Callable[[int], Q] = "rollcall") -> Q:
        """Return what holds for rows in reach.

        Args:
            post: the way from the row to its post.
            rollcall: the way to its rollcall, or what holds for the rows of a rollcall.
        """
        if self.everything:
            return Q()
        found = Q(pk__in=[])
        for posts, asked in self.parts:
            part = Q() if posts is None else Q(**{f"{post}__in": posts})
            if asked is not None:
                part &= rollcall(asked) if callable(rollcall) else Q(**{rollcall: asked})
            found |= part
        return found

    def holds(self, post: int | None, rollcall: int | None) -> bool:
        """Tell whether a row of this post and rollcall is in reach."""
        return any(
            (posts is None or post in posts) and (asked is None or rollcall == asked) for posts, asked in self.parts
        )

    def asked(self, pk: str = "pk") -> Q:
        """Return what holds for rollcalls in reach, whichever posts' people they show.

        Args:
            pk: the way from the row to the rollcall's number.
        """
        if any(rollcall is None for _, rollcall in self.parts):
            return Q()
        return Q(**{f"{pk}__in": [rollcall for _, rollcall in self.parts]})


NOTHING = Reach()
EVERYTHING = Reach.of(posts=None, rollcall=None)
