"""Officers and their roles."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a person is trusted with; one person may hold several."""

    OFFICER = "officer", "Duty officer"
    APPROVER = "approver", "Approver"
    CLERK = "clerk", "Consular clerk"
    ADMINISTRATOR = "administrator", "Administrator"
    COORDINATOR = "coordinator", "Coordinator of a group"


class Officer(AbstractUser):
    """Somebody who signs in to the console.

    Attributes:
        is_demo: made by the demo with a known password; live operation refuses to start with one.
    """

    is_demo = models.BooleanField(default=False, editable=False)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def actor(self) -> str:
        """The name of this person in the journal."""
        return f"officer:{self.pk}"


class Grant(models.Model):
    """One role that one officer holds."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    granted_at = models.DateTimeField()

    class Meta:
        """A role is held once."""

        constraints = [models.UniqueConstraint(fields=["officer", "role"], name="grant_once")]

    def __str__(self) -> str:
        return f"{self.officer}: {self.get_role_display()}"
