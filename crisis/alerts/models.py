"""Alerts, their areas, texts, revisions, approvals and rollcalls."""

from django.db import models
from django.db.models import Q

from crisis.places.models import Place
from crisis.registry.models import Account, Ministry, Mode
from crisis.staff.models import Officer


class State(models.TextChoices):
    """Where an alert is in its life; `lifecycle.py` says which step leads where."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Waiting for approval"
    APPROVED = "approved", "Approved"
    ISSUED = "issued", "Issued"
    STOPPED = "stopped", "Stopped"
    SUPERSEDED = "superseded", "Replaced by a later one"
    DISCARDED = "discarded", "Discarded"


class Alert(models.Model):
    """One CAP alert: written once, told in every language on every platform.

    Attributes:
        mode: LIVE or EXERCISE, for good; CAP's status Actual or Exercise.
        code, number: the public code of its chain, and its place in it; "ABC123/1" is the marker in every text.
        situation: the slug of its texts.
        slots: what the officer filled in, checked.
        revision: counts saves; who approves approves one of them.
        acknowledged: what the officer ticked, by kind: {"posts_without_account": [codes], ...}.
        references: the alert that this one updates or cancels; the first one of a chain has none.
        expires_hours: how long it holds after it is issued.
        remind_after: after how many minutes whoever has not answered is reminded, and then asked further; None is never.
    """

    class MsgType(models.TextChoices):
        """CAP 1.2 msgType."""

        ALERT = "Alert", "Alert"
        UPDATE = "Update", "Update"
        CANCEL = "Cancel", "Cancel"

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    code = models.CharField(max_length=6)
    number = models.PositiveSmallIntegerField(default=1)
    msg_type = models.CharField(max_length=6, choices=MsgType.choices, default=MsgType.ALERT)
    references = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    situation = models.CharField(max_length=40)
    slots = models.JSONField(default=dict)
    urgency = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    certainty = models.CharField(max_length=10)
    expires_hours = models.PositiveSmallIntegerField()
    asks = models.BooleanField(default=False)
    remind_after = models.PositiveSmallIntegerField(null=True, blank=True)
    ticked_accounts = models.ManyToManyField(Account, blank=True)
    acknowledged = models.JSONField(default=dict)
    author = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="alerts")
    revision = models.PositiveIntegerField(default=1)
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.TextField(blank=True, editable=False)

    class Meta:
        """A code and number once; what was issued knows when."""

        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="alert_code_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "stopped", "superseded"])
                | Q(issued_at__isnull=False, approved_at__isnull=False, expires_at__isnull=False),
                name="issued_has_times",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.marker} {self.situation} ({self.mode})"

    @property
    def marker(self) -> str:
        """The code that stands in every text."""
        return f"{self.code}/{self.number}"

    @property
    def exercise(self) -> bool:
        """Whether it is a drill."""
        return self.mode == Mode.EXERCISE

    @property
    def takes_back(self) -> bool:
        """Whether it is a retraction: a cancellation in the words that were frozen with the alert that it takes back."""
        earlier = self.references
        return earlier is not None and self.msg_type == self.MsgType.CANCEL and earlier.situation == self.situation

    @property
    def purpose(self) -> str:
        """What it is, in a word: alert, update, retraction, or all clear."""
        if self.msg_type == self.MsgType.CANCEL:
            return "retraction" if self.takes_back else "all clear"
        return self.msg_type.lower()

    @property
    def relation(self) -> str:
        """What it is to the alert before it: "RETRACTION of ABC123/1"; blank for the first one of a chain."""
        if self.references is None:
            return ""
        return f"{self.purpose.upper()} {'for' if self.purpose == 'all clear' else 'of'} {self.references.marker}"

    @property
    def identifier(self) -> str:
        """CAP 1.2 identifier: unique for its sender; no spaces, commas, < or &."""
        return f"{self.ministry.code.lower()}-{self.code}-{self.number}"


class Area(models.Model):
    """One area of an alert: a country, or a circle.

    Attributes:
        country: of a country area.
        place: around which a circle is drawn.
        lat, lon, radius_km: of a circle.
    """

    class Kind(models.TextChoices):
        """Its shape."""

        COUNTRY = "country", "Country"
        CIRCLE = "circle", "Circle"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="areas")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    country = models.CharField(max_length=2, blank=True)
    name = models.CharField(max_length=120, blank=True)
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    radius_km = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        """Each shape has what it needs."""

        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="country") & ~Q(country=""))
                | Q(kind="circle", lat__isnull=False, lon__isnull=False, radius_km__gte=1),
                name="area_is_complete",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.country if self.kind == self.Kind.COUNTRY else f"{self.radius_km} km around {self.name}"


class Info(models.Model):
    """CAP <info>: the alert in one language, or what that language still lacks."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="infos")
    language = models.CharField(max_length=10)
    headline = models.TextField(blank=True)
    description = models.TextField(blank=True)
    instruction = models.TextField(blank=True)
    missing = models.JSONField(default=list)

    class Meta:
        """A language once."""

        constraints = [models.UniqueConstraint(fields=["alert", "language"], name="info_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.language}"

    @property
    def complete(self) -> bool:
        """Whether it can be told in this language."""
        return not self.missing


class Revision(models.Model):
    """What an alert said after one save; never changed."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(Officer, on_delete=models.PROTECT)
    at = models.DateTimeField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        """Numbered without a gap."""

        constraints = [models.UniqueConstraint(fields=["alert", "number"], name="revision_once")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.alert_id} revision {self.number}"


class Approval(models.Model):
    """One person's yes or no to one revision."""

    class Decision(models.TextChoices):
        """Yes or no."""

        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="approvals")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(Officer, on_delete=models.PROTECT)
    at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices)
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.alert_id} {self.decision} by {self.by_id}"


class Rollcall(models.Model):
    """The question "how are you?", asked with an alert; open until the alert expires, is stopped, or is closed by a person.

    Attributes:
        remind_after: as the alert's; the ladder for the silent begins so many minutes after somebody was told.
        quiet_since: when a person, or a restore from backup, stopped that ladder; None while it goes on.
    """

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, related_name="rollcall")
    remind_after = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_since = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"rollcall of {self.alert_id}"
