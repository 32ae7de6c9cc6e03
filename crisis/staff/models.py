"""Officers, their roles, and how far each role reaches."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is trusted with; one person may hold several."""

    OFFICER = "officer", _("Duty officer")
    APPROVER = "approver", _("Approver")
    CLERK = "clerk", _("Consular clerk")
    POST_EDITOR = "post_editor", _("Post editor")
    VOLUNTEER = "volunteer", _("Volunteer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    COORDINATOR = "coordinator", _("Coordinator of a group")


# Roles that may be bound to certain posts; the others are for the whole ministry.
OF_POSTS = (Role.CLERK, Role.POST_EDITOR, Role.VOLUNTEER)


class Officer(AbstractUser):
    """Somebody who signs in to the console.

    Attributes:
        is_demo: made by the demo with a known password; live operation refuses to start with one.
        language: in which they read the console, by its code; blank is their browser's.
    """

    is_demo = models.BooleanField(default=False, editable=False)
    language = models.CharField(max_length=10, blank=True)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def actor(self) -> str:
        """The name of this person in the journal."""
        return f"officer:{self.pk}"


class Grant(models.Model):
    """One role that one officer holds. Posts and rollcalls are named, not imported: they are above this room.

    Attributes:
        bound: it holds for its posts only; one whose posts are gone holds for none.
        rollcall: it holds for this one only; always a volunteer's.
        expires_at: it ends by itself then; always a volunteer's.
    """

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    bound = models.BooleanField(default=False)
    posts = models.ManyToManyField("registry.Post", blank=True, related_name="+")
    rollcall = models.ForeignKey("alerts.Rollcall", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A role is held once; a volunteer has one rollcall and an end."""

        constraints = [
            models.UniqueConstraint(fields=["officer", "role"], name="grant_once"),
            models.CheckConstraint(
                condition=~Q(role="volunteer") | Q(rollcall__isnull=False, expires_at__isnull=False),
                name="volunteer_of_one_rollcall",
            ),
            models.CheckConstraint(condition=Q(bound=False) | Q(role__in=OF_POSTS), name="bound_where_posts_count"),
        ]

    def __str__(self) -> str:
        return f"{self.officer}: {self.get_role_display()}"


# The models of this room that stand apart.
import crisis.staff.invited  # noqa: E402
import crisis.staff.roster  # noqa: E402, F401
