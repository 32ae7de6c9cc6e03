"""Wordings, deliveries to public accounts, notices to citizens, and every attempt."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Alert
from crisis.audience.models import Contact, EmergencyContact
from crisis.registry.models import Account, Mode, Post

NOTICE = "notice"  # the "platform" of what citizens are told by Telegram; of any other way it is the way's own name
CARD = "card"  # the "platform" of what the alert's card says


def notice_texts(kind: str) -> str:
    """Return the "platform" of the wordings that a way carries."""
    return NOTICE if kind == Contact.Kind.TELEGRAM else kind


NOTICES = tuple(notice_texts(kind) for kind in Contact.Kind.values)


class Wording(models.Model):
    """A text, frozen when the alert is issued; many rows refer to one.

    Attributes:
        platform: a slug, or "notice" for citizens' private chats, or "card" for what the alert's card says.
        subject: the line above it, where the platform has one.
        form: "alert", or "retraction": ready from the first second, in every language.
        languages: what it is written in, in order, joined by commas.
        speaks: the languages of the accounts that it is for; an account that speaks them publishes all its parts.
        part: its place among them.
        units: its length in the platform's own unit.
        card: the words of the card that is published with it, where the platform shows one.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="wordings")
    platform = models.CharField(max_length=20)
    form = models.CharField(max_length=10)
    speaks = models.CharField(max_length=80)
    part = models.PositiveSmallIntegerField(default=1)
    languages = models.CharField(max_length=80)
    subject = models.CharField(max_length=400, blank=True)
    text = models.TextField()
    units = models.PositiveIntegerField()
    card = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One text a place."""

        constraints = [
            models.UniqueConstraint(fields=["alert", "platform", "form", "speaks", "part"], name="wording_once"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.form} {self.languages}"


class DeliveryState(models.TextChoices):
    """What is known of one publication."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    POSTED = "posted", _("Published")
    UNCONFIRMED = "unconfirmed", _("Outcome unknown")
    HELD = "held", _("A person must act")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")
    STOPPED = "stopped", _("Stopped before it left")
    EXPIRED = "expired", _("Expired before it left")
    AMENDED = "amended", _("Corrected in its place")
    WITHDRAWN = "withdrawn", _("Taken away")


class Delivery(models.Model):
    """One text for one public account.

    Attributes:
        part: n waits for n-1, except where each part corrects a publication of its own.
        corrects: the earlier publication that this one edits, answers, takes away or must not overtake.
        mode, account_mode, account_home: copied, so that the database itself refuses a drill on a live account, and any
            account that is not the home ministry's.
        reason: a stable code that explains the state; `detail` is for people.
        attempt: counted when it is claimed; who settles must name it.
        crashes: how often a worker died with it.
        lease_until: when a claim is worth nothing any more.
        not_before: when it may be tried, or read back, again; blank is never by itself.
        absences: how often the account was read back without finding it.
        after_id: the greatest remote id known on the account just before it was first sent, where publications are numbered.
        reads: how often it was taken for reading back since its last try; counted first, so that a read that kills counts too.
        staged: what the platform gave for its picture, taken before it is claimed; each try uses it, so that it is uploaded once.
        connected: whether its account has a credential, where it was read for publishing; None: look.
        followed: whether a next part may wait for it.
    """

    class Kind(models.TextChoices):
        """What is done."""

        PUBLISH = "publish", _("Publish")
        REPLY = "reply", _("Reply to what stands")
        AMEND = "amend", _("Correct in its place")
        WITHDRAW = "withdraw", _("Take away")

    connected: bool | None = None
    followed: bool = True

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="deliveries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PUBLISH)
    part = models.PositiveSmallIntegerField(default=1)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    account_mode = models.CharField(max_length=8, choices=Mode.choices)
    account_home = models.BooleanField()
    state = models.CharField(max_length=11, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=400, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    absences = models.PositiveSmallIntegerField(default=0)
    reads = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=120, blank=True)
    after_id = models.CharField(max_length=40, blank=True)
    url = models.CharField(max_length=300, blank=True)
    staged = models.CharField(max_length=500, blank=True)
    queued_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Once; never across the wall between drill and live; what is due is found by index."""

        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["alert", "account", "kind", "part"], name="delivery_once"),
            models.CheckConstraint(condition=Q(mode=F("account_mode")), name="delivery_same_mode"),
            models.CheckConstraint(condition=Q(account_home=True), name="delivery_home_only"),
            models.CheckConstraint(
                condition=Q(kind="publish") | Q(corrects__isnull=False), name="correction_corrects_something"
            ),
            models.CheckConstraint(condition=~Q(state="posted") | Q(posted_at__isnull=False), name="posted_has_time"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False), name="sending_has_lease"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "not_before"],
                condition=Q(state__in=["queued", "sending", "unconfirmed"]),
                name="delivery_due",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"delivery {self.pk} of {self.alert_id} to {self.account_id}: {self.state}"


# They change what stands there; doing so twice is harmless, so that an unknown outcome is simply repeated.
CHANGES = (Delivery.Kind.AMEND, Delivery.Kind.WITHDRAW)
# They may still move by themselves.
MOVING = (DeliveryState.QUEUED, DeliveryState.SENDING)


class Attempt(models.Model):
    """One try and what came of it; never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=8)  # publish, stage, find, decide
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=40)
    detail = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"{self.step} {self.number} of delivery {self.delivery_id}: {self.outcome}"


class NoticeRun(models.Model):
    """The plan for one alert's notices by one way: who is meant, frozen when it is issued; the rows follow in slices.

    Attributes:
        kind: the way; each has its own counts, rates, halts and breaker.
        greatest_contact: nobody who subscribed later is in it.
        expected: how many notices there must be in the end; another count is an error that is said aloud. Whoever comes to the
            alert later and is told by the bot has a notice too, and is added here.
        people: how many people those contacts answer for.
        every_way: each way tells whoever has it, at once; else one that is not preferred waits for the others to fail.
        corrects: the run, by the same way, of the alert that this one updates or cancels: whoever was told then is told now,
            first of all.
        filling_until: how long the one who writes the notices may be thought alive.
        restored_at: when a backup was put back in which it was not all written; who is missing may have been told since.
    """

    class Purpose(models.TextChoices):
        """What its notices are for."""

        ALERT = "alert", _("The alert itself")
        REMINDER = "reminder", _("A reminder to whoever was told and has not answered")
        EMERGENCY = "emergency", _("A question to the emergency contact of somebody who stays silent")

    class State(models.TextChoices):
        """How far it is."""

        FILLING = "filling", _("Being written")
        FILLED = "filled", _("Written")
        MISMATCH = "mismatch", _("Written, with another count than expected")

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="notice_runs")
    kind = models.CharField(max_length=10, choices=Contact.Kind.choices, default=Contact.Kind.TELEGRAM)
    purpose = models.CharField(max_length=9, choices=Purpose.choices, default=Purpose.ALERT)
    greatest_contact = models.BigIntegerField(default=0)
    expected = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    every_way = models.BooleanField(default=False)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    state = models.CharField(max_length=8, choices=State.choices, default=State.FILLING)
    filling_until = models.DateTimeField(null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One plan a way and purpose."""

        constraints = [models.UniqueConstraint(fields=["alert", "kind", "purpose"], name="notice_run_once")]

    def __str__(self) -> str:
        return f"{self.kind} notices ({self.purpose}) of {self.alert_id}: {self.state}"


ALERT = NoticeRun.Purpose.ALERT  # of the runs that tell the alert itself; most questions are about these alone


class AreaCell(models.Model):
    """One cell in which somebody meant by an alert stays: how exposed it is, and which post serves it."""

    run = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="cells")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=12, blank=True)
    cell = models.IntegerField()
    rank = models.IntegerField()
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL)

    class Meta:
        """A cell once a run."""

        constraints = [models.UniqueConstraint(fields=["run", "country", "region", "cell"], name="area_cell_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.cell}: {self.rank}"


class NoticeState(models.TextChoices):
    """What is known of one notice."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    ACCEPTED = "accepted", _("Accepted")
    UNDELIVERED = "undelivered", _("Not delivered")
    UNCONFIRMED = "unconfirmed", _("Outcome unknown")
    STOPPED = "stopped", _("Stopped before it left")
    EXPIRED = "expired", _("Expired before it left")


# Whoever has a notice in one of these was told, or may have been.
MAYBE_TOLD = (NoticeState.ACCEPTED, NoticeState.UNCONFIRMED, NoticeState.SENDING)


class Notice(models.Model):
    """One text for one citizen's contact, or for whom the citizen named for an emergency.

    Attributes:
        emergency: whom it is written to instead of the contact, about whose person it asks; None once they are forgotten:
            the run's purpose still tells, and it never goes to the person instead.
        reserve: the person has another way that is tried if this one fails; False again once that was seen to.
        rank: how exposed: 0 first; rows are written, and so numbered and sent, in this order.
        post: who serves the person.
        people: for how many the contact answers.
        claim: the number of the claim that holds it; who settles must name it.
        remote_id: the platform's own; delivered_at: when it said that the person has it, where a way tells.
        not_before: of a waiting one, when it may be tried again; one that was never tried has none, and may leave at once.
        resent_unknown: it was sent once more after an outcome that is unknown; never a third time.
    """

    # Each index is written three times a notice: none that another one's beginning, or no question, needs.
    run = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="notices", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE)
    emergency = models.ForeignKey(EmergencyContact, null=True, on_delete=models.SET_NULL, db_index=False)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, db_index=False)
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, db_index=False)
    people = models.PositiveSmallIntegerField()
    rank = models.IntegerField()
    reserve = models.BooleanField(default=False)
    state = models.CharField(max_length=11, choices=NoticeState.choices, default=NoticeState.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    claim = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=120, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    resent_unknown = models.BooleanField(default=False)

    class Meta:
        """One notice a contact; what is due is found by index."""

        constraints = [models.UniqueConstraint(fields=["run", "contact"], name="notice_once")]
        indexes = [
            models.Index(fields=["run", "id"], condition=Q(state="queued", not_before=None), name="notice_fresh"),
            models.Index(
                fields=["not_before"], condition=Q(state="queued", not_before__isnull=False), name="notice_again"
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="notice_sending"),
            models.Index(fields=["not_before"], condition=Q(state="unconfirmed"), name="notice_unknown"),
            models.Index(fields=["run", "id"], condition=Q(reserve=True, state="undelivered"), name="notice_failed"),
            models.Index(
                fields=["run", "accepted_at"],
                condition=Q(reserve=True, state="accepted", delivered_at=None),
                name="notice_unheard",
            ),
            models.Index(
                fields=["run", "id"],
                condition=Q(reserve=True, state="queued", not_before__isnull=False),
                name="notice_refused",
            ),
            models.Index(fields=["emergency"], condition=Q(emergency__isnull=False), name="notice_emergency"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} of {self.run_id}: {self.state}"


class Breaker(models.Model):
    """What failed several times in a row, a platform or one account on it, and is left alone for a while.

    Attributes:
        failures: in a row, while it is closed.
        trips: how often it opened since the last success; each time it stays open for twice as long.
        open_until: while this lies ahead, nothing is tried; afterwards one is let through.
        probe_until: while this lies ahead, that one is under way.
        halted_until: the platform has asked for quiet until then; it is no failure, and Redis may forget it.
        refused_since: of a way to citizens: since when notices wait because of it, and none was taken.
    """

    name = models.CharField(max_length=60, unique=True)
    failures = models.PositiveSmallIntegerField(default=0)
    trips = models.PositiveSmallIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    probe_until = models.DateTimeField(null=True, blank=True)
    halted_until = models.DateTimeField(null=True, blank=True)
    refused_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"breaker of {self.name}"
