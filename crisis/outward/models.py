"""Outward texts in the words of headquarters, or of one post, until a time."""

from django.db import models
from django.db.models import Q

from crisis.registry.models import Post
from crisis.staff.models import Officer


class Rewording(models.Model):
    """One version of one outward text in one language; it is used once another person has reviewed it, and until it ends.

    Attributes:
        key: of which text, as `phrases.PHRASES` has it.
        post: for whose people; None: for everybody's, but for those of a post that has words of its own.
        number: 1, 2, ... for this text, language and post.
        text: with placeholders such as {post}.
        until: from then on the shipped words are said again; None: until somebody ends it.
        ended_at: when somebody ended it, or another version took its place.
    """

    key = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    text = models.TextField()
    until = models.DateTimeField(null=True, blank=True)
    written_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A number once; of what may be in use, one at a time."""

        constraints = [
            models.UniqueConstraint(
                fields=["key", "language", "post", "number"],
                condition=Q(post__isnull=False),
                name="post_rewording_once",
            ),
            models.UniqueConstraint(
                fields=["key", "language", "number"], condition=Q(post__isnull=True), name="rewording_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}/{self.language} {self.number}"
