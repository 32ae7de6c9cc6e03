"""The duty roster: who is on duty when and where, and by which ways each of the staff is reached."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crisis.encryption import SealedField
from crisis.staff.models import Officer


class Duty(models.TextChoices):
    """What somebody is on duty for."""

    OFFICER = "officer", _("Duty officer")
    APPROVER = "approver", _("Approver")
    CASES = "cases", _("Case lead")


class Shift(models.Model):
    """Hours in which one person is on duty, every week or once, by the ministry's clock.

    Attributes:
        turn: who is rung first (1), who next (2), ...
        countries: for which, as two-letter codes; empty is everywhere.
        weekdays: on which it begins, 0 is Monday; empty where `on` says the one day.
        begins, ends: one that ends no later than it begins ends on the next day.
    """

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="shifts")
    duty = models.CharField(max_length=10, choices=Duty.choices)
    turn = models.PositiveSmallIntegerField(default=1)
    countries = models.JSONField(default=list, blank=True)
    weekdays = models.JSONField(default=list, blank=True)
    on = models.DateField(null=True, blank=True)
    begins = models.TimeField()
    ends = models.TimeField()

    class Meta:
        """In the order in which people are rung."""

        ordering = ["duty", "turn", "id"]

    def __str__(self) -> str:
        return f"{self.officer}: {self.get_duty_display()}, {self.begins:%H:%M} to {self.ends:%H:%M}"


class Way(models.Model):
    """One way by which a person of the staff is reached.

    Attributes:
        kind: a way of `platforms.catalog.private`, or Telegram.
        address: the chat's number, or of what is sealed its blind index.
        confirmed_at: when the person showed that it reaches them; nobody is rung by a way that is not confirmed.
        asked_at: when a code was last sent there; `digest`, `code_until`, `tries`: of that code, and how often it was guessed.
    """

    class Kind(models.TextChoices):
        """Which."""

        TELEGRAM = "telegram", "Telegram"
        EMAIL = "email", _("E-mail")
        SMS = "sms", "SMS"

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="ways")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.CharField(max_length=64)
    sealed = SealedField(blank=True, index="address")
    linked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    code_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """One of a kind each, and an address is one person's."""

        constraints = [
            models.UniqueConstraint(fields=["officer", "kind"], name="staff_way_once"),
            models.UniqueConstraint(fields=["kind", "address"], name="staff_address_once"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.officer_id}"


class LinkCode(models.Model):
    """A code of the console that links whichever Telegram chat says it to one person, once; only its blind index is kept."""

    officer = models.OneToOneField(Officer, on_delete=models.CASCADE, related_name="link_code")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"code of officer {self.officer_id}"
