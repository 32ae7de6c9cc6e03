"""The inbox, check-ins, cases, and what people without registration report."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, ImportedFile, Member
from crisis.broadcast.models import Notice
from crisis.registry.models import Mode, Post
from crisis.staff.models import Officer


class InboxUpdate(models.Model):
    """One update as a platform sent it, stored before it is acknowledged, handled afterwards.

    Attributes:
        source: which way in ("telegram").
        ref: the platform's own number for it; the same one twice is one row.
        chat: whose it is, as long as it is open: one chat's updates are handled one after another. Blank if nobody's.
        payload: as it was sent; emptied once it is handled, because it holds more than we promise to keep.
        lease_until: a handler that died with it gives it back then.
        problem: why it could not be handled, for staff.
    """

    class State(models.TextChoices):
        """How far it is."""

        NEW = "new", _("New")
        HANDLING = "handling", _("Being handled")
        HANDLED = "handled", _("Handled")
        FAILED = "failed", _("Could not be handled")

    source = models.CharField(max_length=12)
    ref = models.CharField(max_length=60)
    chat = models.CharField(max_length=40, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        """Stored once; what is open is found by index."""

        constraints = [models.UniqueConstraint(fields=["source", "ref"], name="inbox_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["new", "handling"]), name="inbox_open"),
            models.Index(fields=["chat", "id"], condition=~Q(chat=""), name="inbox_of_chat"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.ref}: {self.state}"


class Safety(models.TextChoices):
    """How somebody is."""

    SAFE = "safe", _("Safe")
    NEEDS_HELP = "needs_help", _("Needs help")
    NOT_THERE = "not_there", _("Not there")
    UNCLEAR = "unclear", _("Unclear")


class Rest(models.TextChoices):
    """How those of a household are whom their answer "some of us are safe" leaves out; never safe."""

    NEEDS_HELP = "needs_help", _("need help")
    NOT_THERE = "not_there", _("are not there")
    NO_WORD = "no_word", _("no word of them")


_PARTLY = {
    Rest.NEEDS_HELP: gettext_noop("%(safe)d of %(all)d, the others need help"),
    Rest.NOT_THERE: gettext_noop("%(safe)d of %(all)d, the others are not there"),
    Rest.NO_WORD: gettext_noop("%(safe)d of %(all)d, no word of the others"),
}


def partly(safe: int, others: int, are: str) -> str:
    """Say for staff how those of a household are of whom some are safe: "2 of 4, the others need help"."""
    return gettext(_PARTLY[Rest(are or Rest.NO_WORD)]) % {"safe": safe, "all": safe + others}


class Case(models.Model):
    """Somebody whom a person must look after.

    Attributes:
        mode: of the rollcall it came from; a real call for help in a quiet week is LIVE.
        people: how many it is about.
        finding: what is known of the person that ends all reminding and asking, until somebody lifts it; blank if nothing.
        found_by, confirmed_by: who noted that, and the second person who has checked it. A case with a finding is restricted.
        ending: as what it was closed, or is to be closed once the finding is confirmed.
        assigned_to, assigned_at: who looks after it, and since when.
        held_by, held_until: who has it open; nobody else changes it meanwhile.
        alarmed_at: when somebody was told that nobody looks after it.
    """

    class Finding(models.TextChoices):
        """Why nobody may be asked how they are, nor their contacts where they are."""

        HOSPITAL = "hospital", _("In hospital")
        DETAINED = "detained", _("Detained")
        MISSING = "missing", _("Missing")
        DECEASED = "deceased", _("Deceased")

    class Ending(models.TextChoices):
        """What came of it; the findings need a second person."""

        RESOLVED = "resolved", _("Resolved")
        EVACUATED = "evacuated", _("Evacuated")
        HOSPITAL = "hospital", _("In hospital")
        DETAINED = "detained", _("Detained")
        MISSING = "missing", _("Missing")
        DECEASED = "deceased", _("Deceased")
        MERGED = "merged", _("Merged into another case")

    class State(models.TextChoices):
        """Whether somebody still must act."""

        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    rollcall = models.ForeignKey(Rollcall, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    citizen = models.ForeignKey(Citizen, on_delete=models.PROTECT, related_name="cases")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    kind = models.CharField(max_length=10, choices=Safety.choices)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    people = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    finding = models.CharField(max_length=8, choices=Finding.choices, blank=True)
    found_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ending = models.CharField(max_length=9, choices=Ending.choices, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    assigned_to = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases")
    assigned_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One open case a person and rollcall; whoever confirms a finding is not who noted it."""

        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("found_by")), name="finding_needs_two_people"
            ),
            models.UniqueConstraint(
                fields=["citizen", "rollcall"], condition=Q(state="open", rollcall__isnull=False), name="one_open_case"
            ),
            models.UniqueConstraint(
                fields=["citizen"], condition=Q(state="open", rollcall__isnull=True), name="one_open_daily_case"
            ),
        ]
        indexes = [
            models.Index(fields=["citizen"], condition=~Q(finding=""), name="case_finding"),
            models.Index(fields=["mode", "opened_at"], condition=Q(state="open"), name="case_open"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"case {self.pk} ({self.get_kind_display()})"

    @property
    def unconfirmed(self) -> bool:
        """Whether a finding waits for a second person."""
        return bool(self.finding) and self.confirmed_by_id is None

    def holder(self, now: datetime) -> Officer | None:
        """Return who has it open now, if anybody has."""
        return self.held_by if self.held_until is not None and now < self.held_until else None


class CheckIn(models.Model):
    """One answer of one person, or words beside it; nothing is overwritten, the latest answer is current.

    Attributes:
        source, ref: which way it came and its number there; the same one twice is one row.
        people: how many are as `safety` says.
        others: how many of the same household are not; 0 for an answer that is for all of them.
        others_are: how they are; those of whom there is no word stay silent, and no other answer counts them.
        others_named: who they are, of those whom the household has named.
        others_self: the person who answers is one of them.
        post: who serves the person.
        text: what was written, if anything was.
        current: the latest answer of this person in this rollcall; never mere words beside an answer.
    """

    class Source(models.TextChoices):
        """Which way it came."""

        BOT = "bot", _("Telegram bot")
        STAFF = "staff", _("Staff, by phone")
        SMS = "sms", "SMS"
        WEB = "web", _("Web page")
        EMAIL = "email", _("E-mail")
        WHATSAPP = "whatsapp", "WhatsApp"
        MESSENGER = "messenger", "Messenger"
        COORDINATOR = "coordinator", _("Coordinator")

    rollcall = models.ForeignKey(Rollcall, null=True, blank=True, on_delete=models.PROTECT, related_name="checkins")
    citizen = models.ForeignKey(Citizen, on_delete=models.PROTECT, related_name="checkins")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="checkins")
    safety = models.CharField(max_length=10, choices=Safety.choices)
    people = models.PositiveSmallIntegerField()
    others = models.PositiveSmallIntegerField(default=0)
    others_are = models.CharField(max_length=10, choices=Rest.choices, blank=True)
    others_named = models.ManyToManyField(Member, blank=True, related_name="+")
    others_self = models.BooleanField(default=False)
    source = models.CharField(max_length=12, choices=Source.choices)
    ref = models.CharField(max_length=60)
    text = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        """Recorded once; one current answer a person and rollcall; others only beside somebody who is safe."""

        constraints = [
            models.UniqueConstraint(fields=["source", "ref"], name="checkin_once"),
            models.UniqueConstraint(
                fields=["rollcall", "citizen"],
                condition=Q(current=True, rollcall__isnull=False),
                name="one_current_checkin",
            ),
            models.CheckConstraint(
                condition=Q(others=0, others_are="") | Q(others__gt=0, others_are__in=Rest.values, safety=Safety.SAFE),
                name="others_beside_the_safe",
            ),
        ]
        indexes = [models.Index(fields=["rollcall", "post", "safety"], condition=Q(current=True), name="board")]

    def __str__(self) -> str:
        return f"{self.get_safety_display()} ({self.source} {self.ref})"

    @property
    def shown(self) -> str:
        """How they are, for staff: "Safe", or "Safe: 2 of 4, the others need help"; without names."""
        if not self.others:
            return str(self.get_safety_display())
        return f"{self.get_safety_display()}: {partly(self.people, self.others, self.others_are)}"

    @property
    def gravest(self) -> str:
        """The gravest of how they are: it decides the colour."""
        if self.others_are == Rest.NO_WORD:
            return Safety.UNCLEAR
        return Safety.NEEDS_HELP if self.others_are == Rest.NEEDS_HELP else self.safety

    @property
    def about(self) -> int:
        """How many people somebody must look after because of it."""
        return self.others or self.people


class Ticking(models.Model):
    """Who of a household was ticked as safe so far, under one alert's question; it is forgotten once the answer is complete.

    Attributes:
        safe: the numbers of the members who are; 0 is the person who answers.
    """

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="+")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="+")
    safe = models.JSONField(default=list)

    class Meta:
        """One a person and rollcall."""

        constraints = [models.UniqueConstraint(fields=["rollcall", "citizen"], name="one_ticking")]

    def __str__(self) -> str:
        return f"ticking {self.pk}"


class LadderStep(models.Model):
    """One step of the ladder for one silent person of a rollcall: taken once, whatever becomes of it.

    Attributes:
        notice: what was written for it, and so what became of it; none of the last step, and of what was erased since.
        rank: how exposed the person is, as on the notice: the distance to the danger in km, 0 where the alert has no one place.
        at: when it was taken.
        tries: of the last step: how often the person was called in vain; `at` is then when that was last.
        taken_by, taken_at: of the last step: who calls the person.
        done_at: when it was settled: the person answered, or somebody noted how the call went.
    """

    class Step(models.TextChoices):
        """In this order."""

        REMINDER = "1_reminder", _("Reminder by the same way")
        OTHER_WAY = "2_other_way", _("Another way")
        EMERGENCY = "3_emergency", _("Emergency contact")
        PERSON = "4_person", _("A person calls")

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="ladder")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="ladder")
    step = models.CharField(max_length=11, choices=Step.choices)
    notice = models.OneToOneField(Notice, null=True, on_delete=models.SET_NULL, related_name="ladder_step")
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL)
    rank = models.IntegerField(default=0)
    at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    taken_by = models.ForeignKey(Officer, null=True, on_delete=models.SET_NULL)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Each step once a person and rollcall; the list of whom to call is found by index."""

        constraints = [models.UniqueConstraint(fields=["rollcall", "citizen", "step"], name="ladder_step_once")]
        indexes = [
            models.Index(fields=["rollcall", "step", "id"], name="ladder_of_rollcall"),
            models.Index(fields=["id"], condition=Q(step="4_person", done_at=None), name="ladder_to_call"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.step} of {self.citizen_id} in {self.rollcall_id}"


class LadderPlace(models.Model):
    """How far the round of a rollcall's ladder has come, so that the next one goes on there.

    Attributes:
        what: which of its two passes.
        after: the id behind which it goes on; 0 is the beginning.
    """

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="places")
    what = models.CharField(max_length=10)
    after = models.BigIntegerField(default=0)

    class Meta:
        """One a pass."""

        constraints = [models.UniqueConstraint(fields=["rollcall", "what"], name="ladder_place_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.rollcall_id} after {self.after}"


class Coordination(models.Model):
    """One coordinator may report for the people who came with one list."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="+")
    people = models.ForeignKey(ImportedFile, on_delete=models.CASCADE, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        """Given once."""

        constraints = [models.UniqueConstraint(fields=["officer", "people"], name="coordination_once")]

    def __str__(self) -> str:
        return f"officer {self.officer_id} for list {self.people_id}"


# The models of this room that stand apart, because they are many: what is sent beside words, what strangers say, what staff say.
import crisis.checkins.enclosures  # noqa: E402
import crisis.checkins.estimates  # noqa: E402
import crisis.checkins.rollup  # noqa: E402
import crisis.checkins.rounds  # noqa: E402
import crisis.checkins.seeking  # noqa: E402
import crisis.checkins.thread  # noqa: E402
import crisis.checkins.unverified  # noqa: E402, F401
