"""Alerts, their areas, texts, revisions, approvals and rollcalls."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from crisis.places.models import Place
from crisis.registry.models import Account, Ministry, Mode
from crisis.staff.models import Officer


class State(models.TextChoices):
    """Where an alert is in its life; `lifecycle.py` says which step leads where."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    STOPPED = "stopped", _("Stopped")
    SUPERSEDED = "superseded", _("Replaced by a later one")
    DISCARDED = "discarded", _("Discarded")


_RELATIONS = {
    "alert": _("ALERT of %(marker)s"),
    "update": _("UPDATE of %(marker)s"),
    "retraction": _("RETRACTION of %(marker)s"),
    "all clear": _("ALL CLEAR for %(marker)s"),
}
PURPOSES = [gettext_noop("alert"), gettext_noop("update"), gettext_noop("retraction"), gettext_noop("all clear")]


class Alert(models.Model):
    """One CAP alert: written once, told in every language on every platform.

    Attributes:
        mode: LIVE or EXERCISE, for good; CAP's status Actual or Exercise.
        code, number: the public code of its chain, and its place in it; "ABC123/1" is the marker in every text.
        situation: the slug of its texts.
        slots: what the officer filled in, checked.
        editions: of the words that it was written with, those that headquarters wrote, by id; shipped ones have none.
        revision: counts saves; who approves approves one of them.
        acknowledged: what the officer ticked, by kind: {"posts_without_account": [codes], ...}.
        references: the alert that this one updates or cancels; the first one of a chain has none.
        expires_hours: how long it holds after it is issued.
        remind_after: after how many minutes whoever has not answered is reminded, and then asked further; None is never.
        routine: it is no crisis: a post editor may write it, and it waits while an alert is open for the same posts.
        publish_at: of a routine one: it is issued by itself then, once it is approved; None is at once.
        unissued_why: why it could not be issued by itself; a person must take it back.
    """

    class MsgType(models.TextChoices):
        """CAP 1.2 msgType."""

        ALERT = "Alert", _("Alert")
        UPDATE = "Update", _("Update")
        CANCEL = "Cancel", _("Cancel")

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    code = models.CharField(max_length=6)
    number = models.PositiveSmallIntegerField(default=1)
    msg_type = models.CharField(max_length=6, choices=MsgType.choices, default=MsgType.ALERT)
    references = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    situation = models.CharField(max_length=40)
    slots = models.JSONField(default=dict)
    editions = models.JSONField(default=list)
    urgency = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    certainty = models.CharField(max_length=10)
    expires_hours = models.PositiveSmallIntegerField()
    asks = models.BooleanField(default=False)
    remind_after = models.PositiveSmallIntegerField(null=True, blank=True)
    routine = models.BooleanField(default=False)
    publish_at = models.DateTimeField(null=True, blank=True)
    unissued_why = models.CharField(max_length=400, blank=True)
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
            # A crisis waits for no clock, and a routine notice asks nobody how they are.
            models.CheckConstraint(
                condition=Q(routine=True, asks=False) | Q(routine=False, publish_at=None), name="only_routine_waits"
            ),
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
        return str(_RELATIONS[self.purpose]) % {"marker": self.references.marker}

    @property
    def purpose_shown(self) -> str:
        """What it is, in a word that staff read."""
        return gettext(self.purpose)

    @property
    def identifier(self) -> str:
        """CAP 1.2 identifier: unique for its sender; no spaces, commas, < or &."""
        return f"{self.ministry.code.lower()}-{self.code}-{self.number}"


class Area(models.Model):
    """One area of an alert: a country, a circle, or one that was drawn.

    Attributes:
        country: of a country area.
        place: around which a circle is drawn; of a circle around a point, and of a drawn area, the largest in it, which names it.
        lat, lon: the middle, of all but countries.
        radius_km: of a circle.
        ring: the corners of a drawn one, as [lat, lon] in degrees, each once.
    """

    class Kind(models.TextChoices):
        """Its shape."""

        COUNTRY = "country", _("Country")
        CIRCLE = "circle", _("Circle")
        POLYGON = "polygon", _("Drawn")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="areas")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    country = models.CharField(max_length=2, blank=True)
    name = models.CharField(max_length=120, blank=True)
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    radius_km = models.PositiveIntegerField(null=True, blank=True)
    ring = models.JSONField(default=list, blank=True)

    class Meta:
        """Each shape has what it needs."""

        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="country") & ~Q(country=""))
                | Q(kind="circle", lat__isnull=False, lon__isnull=False, radius_km__gte=1)
                | (Q(kind="polygon", lat__isnull=False, lon__isnull=False) & ~Q(ring=[])),
                name="area_is_complete",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        if self.kind == self.Kind.CIRCLE:
            return f"{self.radius_km} km around {self.name}"
        return self.name if self.kind == self.Kind.POLYGON else self.country


class Typed(models.Model):
    """What an officer has typed into a form of an alert and not saved yet: theirs alone, and no part of the alert.

    Attributes:
        address: the form's, so that LIVE and EXERCISE, new and changed are apart.
        fields: as the browser sends them, by name; each a list.
    """

    by = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=120)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        """One a person and form."""

        constraints = [models.UniqueConstraint(fields=["by", "address"], name="typed_once")]

    def __str__(self) -> str:
        return f"typed by {self.by_id} at {self.address}"


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

        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        ALONE = "alone", _("Issued without an approval")

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


class Edition(models.Model):
    """One version of a situation's words in one language, as headquarters wrote it; the shipped file comes before the first.

    Attributes:
        situation: its slug.
        number: counts the versions in this language, from 1.
        content: in the shape of the file; never changed.
        written_by: None where the shipped words were reviewed as they are.
        reviewed_by, reviewed_at: a native speaker, another person than the author; from then on new alerts have these words.
    """

    situation = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    written_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Numbered without a gap; reviewed by somebody, at a time, and never by its author."""

        constraints = [
            models.UniqueConstraint(fields=["situation", "language", "number"], name="edition_once"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="edition_review_is_whole",
            ),
            models.CheckConstraint(condition=~Q(reviewed_by=F("written_by")), name="edition_reviewed_by_another"),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.situation}/{self.language} version {self.number}"


# The models of this room that stand apart: who is rung for an approval.
import crisis.alerts.rings  # noqa: E402, F401
