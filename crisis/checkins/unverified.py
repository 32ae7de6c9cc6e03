"""What people write or report whom we do not know: kept apart, and never counted before a person has confirmed it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Alert, Rollcall
from crisis.alerts.queries import rollcall_about
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.models import Delivery
from crisis.checkins.models import Case, CheckIn, Rest, partly
from crisis.encryption import SealedField
from crisis.outbox import OutboxMessage
from crisis.registry.models import Account, Mode, Post
from crisis.staff.models import Officer


class Letter(models.Model):
    """What somebody asks or tells us that answers no alert: kept for a person, who answers it, or says why not.

    A stranger wrote it to one of our accounts, or somebody whom we know wrote it to us by a way of their own.

    Attributes:
        way: privately to the account, in public beneath what it published, or directly to us.
        account: to which; None of what came directly.
        contact: by which way it came directly; None of a stranger's, and once that was forgotten.
        post: who looks after it: the account's when it came, or that of the person's place; None: the whole ministry.
        language: in which it is answered; blank if nobody could tell.
        ref: digest of the platform's own number for it; the same one twice is one row.
        remote_id: that number, where an answer must name it.
        author_key, author: who wrote, by the platform's own name for them: a blind index, and the same sealed.
        alert: what it is about: the alert commented on, or the newest that stands on the account; None on a quiet day.
        text: what was written, whole up to 2,000 characters.
        worry: how the rules read it; what they cannot read stands between a call for help and mere talk.
        exposes: what in it should not be public: "phone", "place", "name", or nothing.
        taken_by: who looks after it.
        answered_at: when the first answer to it was accepted, or a call about it noted: the time to it counts from `received_at`.
        read_at: when it was done with, whatever came of it.
        ending: what came of it.
        case: the one that it joined.
        note: what came of it, in the reader's words.
    """

    class Way(models.TextChoices):
        """How it was written."""

        PRIVATE = "private", _("Private message")
        PUBLIC = "public", _("Public comment")
        DIRECT = "direct", _("Written to us")

    class State(models.TextChoices):
        """Whether somebody still must do something."""

        OPEN = "open", _("Open")
        READ = "read", _("Done")

    class Ending(models.TextChoices):
        """What came of it."""

        ANSWERED = "answered", _("Answered")
        NEEDLESS = "needless", _("Needed no answer")
        CASE = "case", _("Joined a case")
        SPAM = "spam", _("Spam")

    class Worry(models.IntegerChoices):
        """What may have to be done."""

        NONE = 0, "Nothing in it calls for help"
        UNREAD = 1, "No rule explains it"
        HELP = 2, "May need help"

    way = models.CharField(max_length=7, choices=Way.choices)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="letters")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="letters")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="letters")
    language = models.CharField(max_length=10, blank=True)
    ref = models.CharField(max_length=64, unique=True, editable=False)
    remote_id = models.CharField(max_length=200, blank=True)
    author_key = models.CharField(max_length=64, editable=False)
    author = SealedField(editable=False, index="author_key")
    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="letters")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    text = models.CharField(max_length=2000)
    worry = models.PositiveSmallIntegerField(choices=Worry.choices, default=Worry.NONE)
    exposes = models.CharField(max_length=10, blank=True)
    written_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    taken_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="letters")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        """What is open is found by index; how much one author writes too, and what came when."""

        indexes = [
            models.Index(fields=["id"], condition=Q(state="open"), name="letter_open"),
            models.Index(fields=["author_key", "received_at"], name="letters_of_author"),
            models.Index(fields=["received_at"], name="letters_by_time"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}: {self.state}"

    @property
    def rollcall_id(self) -> int | None:
        """The question that the chain of the alert it is about asks, if any."""
        return rollcall_about(self.alert_id)


class Answer(OutboxMessage):
    """The one answer that goes to a stranger by itself about one alert: written down before its first byte leaves.

    Attributes:
        letter: what it answers.
        author_key: whom, so that nobody is answered twice.
        reason: a stable code of the last refusal.
    """

    QUEUED, UNKNOWN = "due", "unconfirmed"

    class State(models.TextChoices):
        """How far it is; UNCONFIRMED is never sent again."""

        DUE = "due", _("Due")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNCONFIRMED = "unconfirmed", _("Outcome unknown")
        FAILED = "failed", _("Not sent")

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="answer")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="+")
    author_key = models.CharField(max_length=64, editable=False)
    state = models.CharField(max_length=11, choices=State.choices, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    remote_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Once an author and alert; what is under way is found by index."""

        constraints = [models.UniqueConstraint(fields=["account", "alert", "author_key"], name="answered_once")]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state__in=["due", "sending"]), name="answer_open"),
        ]

    def __str__(self) -> str:
        return f"answer to letter {self.letter_id}: {self.state}"


class Listening(models.Model):
    """How far the comments beneath one publication are read.

    Attributes:
        since: when the newest of them was written that is known; reading begins a little before.
        next_at: when it is read again; None once nobody reads it any more.
        named_since: the same of what names the account elsewhere, where the platform shows that; None: from the publication on.
        reads, reads_on: how many comments the platform has handed out on that day of UTC's, known ones too: some charge for each.
    """

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="listening")
    since = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    named_since = models.DateTimeField(null=True, blank=True)
    reads = models.PositiveIntegerField(default=0)
    reads_on = models.DateField(null=True, blank=True)

    class Meta:
        """What is due is found by index."""

        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="listening_due")]

    def __str__(self) -> str:
        return f"comments on delivery {self.delivery_id}"


class Report(models.Model):
    """What somebody without registration says: reported, unverified. It is never counted safe, and stops nothing.

    Attributes:
        alert: from whose page it came.
        rollcall: the question it answers; None where it is a call for help that no open rollcall holds.
        mode: of the rollcall; a real call for help in a drill is LIVE.
        others, others_are: how many of them are not safe, and how they are, where some are; as a check-in's.
        name: of one person or several, as they wrote it; shown to staff only.
        where: as they wrote it.
        contact_kind, address, sealed: how to reach them, as a contact's; blank if they did not say.
        unrepresented: how many of them are citizens of the European Union whose own state has no post there.
        other_nationality: how many are family members of another nationality.
        form: the number of the form that was sent; a later answer from the same form takes the place of an earlier one.
        crowded: a call for help after very many from one address in an hour: a country's mobile phones, or a flood.
        source, ref: which way it came and its number there; the same one twice is one row.
        citizen, checkin: whom a clerk found, and what was recorded for them.
        by: who confirmed or dismissed it.
        closed_at: when nobody must act any more; a confirmed call for help stays open until somebody says what came of it.
    """

    class State(models.TextChoices):
        """Whether a person has looked at it."""

        OPEN = "open", _("Unverified")
        CONFIRMED = "confirmed", _("Confirmed")
        DISMISSED = "dismissed", _("Dismissed")

    class Said(models.TextChoices):
        """How they are, as they say."""

        SAFE = "safe", _("Safe")
        NEEDS_HELP = "needs_help", _("Needs help")
        NOT_THERE = "not_there", _("Not there")
        SOME = "some", _("Some of them safe")

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="reports")
    rollcall = models.ForeignKey(Rollcall, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    said = models.CharField(max_length=10, choices=Said.choices)
    people = models.PositiveSmallIntegerField(default=1)
    others = models.PositiveSmallIntegerField(default=0)
    others_are = models.CharField(max_length=10, choices=Rest.choices, blank=True)
    name = models.CharField(max_length=200, blank=True)
    folded_name = models.CharField(max_length=200, blank=True, editable=False)
    where = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    contact_kind = models.CharField(max_length=10, choices=Contact.Kind.choices, blank=True)
    address = models.CharField(max_length=120, blank=True)
    sealed = SealedField(blank=True, default="", editable=False, index="address")
    unrepresented = models.PositiveSmallIntegerField(default=0)
    other_nationality = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=10)
    form = models.CharField(max_length=32, db_index=True)
    crowded = models.BooleanField(default=False)
    source = models.CharField(max_length=12, choices=CheckIn.Source.choices)
    ref = models.CharField(max_length=60)
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    citizen = models.ForeignKey(Citizen, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    checkin = models.ForeignKey(CheckIn, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        """Recorded once; an address never stands clear; what is open is found by index."""

        constraints = [
            models.UniqueConstraint(fields=["source", "ref"], name="report_once"),
            models.CheckConstraint(condition=Q(people__gte=1), name="report_of_one_at_least"),
            models.CheckConstraint(
                condition=Q(others=0, others_are="")
                | Q(others__gt=0, others__lt=F("people"), others_are__in=Rest.values, said="some"),
                name="report_others_beside_the_safe",
            ),
            models.CheckConstraint(
                condition=Q(contact_kind="", sealed="") | (~Q(contact_kind="") & ~Q(sealed="")),
                name="report_address_is_sealed",
            ),
        ]
        indexes = [
            models.Index(fields=["mode", "said"], condition=Q(closed_at=None), name="report_open"),
            models.Index(fields=["rollcall", "post", "said"], name="report_board"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} ({self.get_said_display()})"

    @property
    def in_earnest(self) -> bool:
        """Whether it is a real call for help in a demo, which has no LIVE of its own: elsewhere its mode says so."""
        return self.said == self.Said.NEEDS_HELP and self.rollcall_id is None and self.mode == Mode.EXERCISE

    @property
    def shown(self) -> str:
        """How they are, for staff: "Some of them safe: 2 of 4, the others need help"."""
        if not self.others:
            return str(self.get_said_display())
        return f"{self.get_said_display()}: {partly(self.people - self.others, self.others, self.others_are)}"


# Reports in which somebody needs help: all of them, or the others of those who are safe.
CALLS = Q(said=Report.Said.NEEDS_HELP) | Q(others_are=Rest.NEEDS_HELP)
