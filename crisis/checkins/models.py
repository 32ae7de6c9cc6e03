"""The inbox, check-ins, cases, and what people without registration report."""

from django.db import models
from django.db.models import Q

from crisis.alerts.models import Alert, Rollcall
from crisis.audience.models import Citizen, Contact, ImportedFile, Member
from crisis.broadcast.models import Delivery, Notice
from crisis.encryption import SealedField
from crisis.registry.models import Account, Mode, Post
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

        NEW = "new", "New"
        HANDLING = "handling", "Being handled"
        HANDLED = "handled", "Handled"
        FAILED = "failed", "Could not be handled"

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


class Letter(models.Model):
    """What a stranger wrote to one of our accounts: nobody's answer, until a person has read it.

    Attributes:
        way: privately to the account, or in public beneath what it published.
        account: to which; its holder's post looks after it.
        ref: digest of the platform's own number for it; the same one twice is one row.
        remote_id: that number, where an answer must name it.
        author_key, author: who wrote, by the platform's own name for them: a blind index, and the same sealed.
        alert: what it is about: the alert commented on, or the newest that stands on the account; None on a quiet day.
        text: what was written, whole up to 2,000 characters.
        worry: how the rules read it; what they cannot read stands between a call for help and mere talk.
        exposes: what in it should not be public: "phone", "place", "name", or nothing.
        taken_by: who looks after it.
        note: what came of it, in the reader's words.
    """

    class Way(models.TextChoices):
        """How it was written."""

        PRIVATE = "private", "Private message"
        PUBLIC = "public", "Public comment"

    class State(models.TextChoices):
        """Whether somebody still must read it."""

        OPEN = "open", "Open"
        READ = "read", "Read"

    class Worry(models.IntegerChoices):
        """What may have to be done."""

        NONE = 0, "Nothing in it calls for help"
        UNREAD = 1, "No rule explains it"
        HELP = 2, "May need help"

    way = models.CharField(max_length=7, choices=Way.choices)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="letters")
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
    read_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        """What is open is found by index; how much one author writes too."""

        indexes = [
            models.Index(fields=["id"], condition=Q(state="open"), name="letter_open"),
            models.Index(fields=["author_key", "received_at"], name="letters_of_author"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}: {self.state}"


class Answer(models.Model):
    """The one answer that goes to a stranger by itself about one alert: written down before its first byte leaves.

    Attributes:
        letter: what it answers.
        author_key: whom, so that nobody is answered twice.
        lease_until: whoever sends it has until then; after it nobody knows what became of it.
        not_before: when it may be tried.
        reason: a stable code of the last refusal.
    """

    class State(models.TextChoices):
        """How far it is; UNCONFIRMED is never sent again."""

        DUE = "due", "Due"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNCONFIRMED = "unconfirmed", "Outcome unknown"
        FAILED = "failed", "Not sent"

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="answer")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="+")
    author_key = models.CharField(max_length=64, editable=False)
    state = models.CharField(max_length=11, choices=State.choices, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
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
    """

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="listening")
    since = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """What is due is found by index."""

        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="listening_due")]

    def __str__(self) -> str:
        return f"comments on delivery {self.delivery_id}"


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


class Safety(models.TextChoices):
    """How somebody is."""

    SAFE = "safe", "Safe"
    NEEDS_HELP = "needs_help", "Needs help"
    NOT_THERE = "not_there", "Not there"
    UNCLEAR = "unclear", "Unclear"


class Rest(models.TextChoices):
    """How those of a household are whom their answer "some of us are safe" leaves out; never safe."""

    NEEDS_HELP = "needs_help", "need help"
    NOT_THERE = "not_there", "are not there"
    NO_WORD = "no_word", "no word of them"


class Case(models.Model):
    """Somebody whom a person must look after.

    Attributes:
        mode: of the rollcall it came from; a real call for help in a quiet week is LIVE.
        people: how many it is about.
        finding: what is known of the person that ends all reminding and asking, until somebody lifts it; blank if nothing.
    """

    class Finding(models.TextChoices):
        """Why nobody may be asked how they are, nor their contacts where they are."""

        HOSPITAL = "hospital", "In hospital"
        DETAINED = "detained", "Detained"
        MISSING = "missing", "Missing"
        DECEASED = "deceased", "Deceased"

    class State(models.TextChoices):
        """Whether somebody still must act."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

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

    class Meta:
        """One open case a person and rollcall."""

        constraints = [
            models.UniqueConstraint(
                fields=["citizen", "rollcall"], condition=Q(state="open", rollcall__isnull=False), name="one_open_case"
            ),
            models.UniqueConstraint(
                fields=["citizen"], condition=Q(state="open", rollcall__isnull=True), name="one_open_daily_case"
            ),
        ]
        indexes = [models.Index(fields=["citizen"], condition=~Q(finding=""), name="case_finding")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"case {self.pk} ({self.get_kind_display()})"


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

        BOT = "bot", "Telegram bot"
        STAFF = "staff", "Staff, by phone"
        SMS = "sms", "SMS"
        WEB = "web", "Web page"
        EMAIL = "email", "E-mail"
        WHATSAPP = "whatsapp", "WhatsApp"
        MESSENGER = "messenger", "Messenger"
        COORDINATOR = "coordinator", "Coordinator"

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
        rest = (
            "no word of the others" if self.others_are == Rest.NO_WORD else f"the others {Rest(self.others_are).label}"
        )
        return f"{self.get_safety_display()}: {self.people} of {self.people + self.others}, {rest}"

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


_NOUNS = {"photo": "a picture", "voice": "a voice message", "video_note": "a video message", "audio": "an audio file"}


class Attachment(models.Model):
    """Something that a person sent and no text can say: a voice message, a picture. It lives no longer than its case.

    Attributes:
        kind: what the person's app calls it ("voice").
        remote_id: the platform's name for the file, as long as it is to be fetched.
        album: of pictures that were sent together, the same for each.
        media_type: what its bytes show it to be; blank unless it is kept.
        problem: why it is not kept, for staff.
        key: of its content alone, encrypted: a rotation of keys touches this, and never the content.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Being fetched"
        KEPT = "kept", "Kept"
        NAMED = "named", "Only named"

    checkin = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="attachments")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=12)
    remote_id = models.CharField(max_length=200, blank=True)
    album = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    size = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=120, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    key = SealedField(blank=True, default="", editable=False)
    at = models.DateTimeField()

    class Meta:
        """What is to be fetched is found by index."""

        ordering = ["id"]
        indexes = [models.Index(fields=["not_before"], condition=Q(state="waiting"), name="attachment_waiting")]

    def __str__(self) -> str:
        return f"attachment {self.pk} ({self.kind})"

    @property
    def noun(self) -> str:
        """What it is, for staff: "a voice message"."""
        return _NOUNS.get(self.kind, f"a {self.kind}")


class Content(models.Model):
    """An attachment's bytes, encrypted under its own key: apart, so that no list ever loads them."""

    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, primary_key=True, related_name="content")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"content of attachment {self.attachment_id}"


class LadderStep(models.Model):
    """One step of the ladder for one silent person of a rollcall: taken once, whatever becomes of it.

    Attributes:
        notice: what was written for it, and so what became of it; none of the last step, and of what was erased since.
        at: when it was taken.
        taken_by, taken_at: of the last step: who calls the person.
        done_at: when it was settled: the person answered, or somebody noted how the call went.
    """

    class Step(models.TextChoices):
        """In this order."""

        REMINDER = "1_reminder", "Reminder by the same way"
        OTHER_WAY = "2_other_way", "Another way"
        EMERGENCY = "3_emergency", "Emergency contact"
        PERSON = "4_person", "A person calls"

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="ladder")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="ladder")
    step = models.CharField(max_length=11, choices=Step.choices)
    notice = models.OneToOneField(Notice, null=True, on_delete=models.SET_NULL, related_name="ladder_step")
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
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


class Report(models.Model):
    """What somebody without registration says: reported, unverified. It is never counted safe, and stops nothing.

    Attributes:
        alert: from whose page it came.
        rollcall: the question it answers; None where it is a call for help that no open rollcall holds.
        mode: of the rollcall; a real call for help in a drill is LIVE.
        name: of one person or several, as they wrote it; shown to staff only.
        where: as they wrote it.
        contact_kind, address, sealed: how to reach them, as a contact's; blank if they did not say.
        unrepresented: how many of them are citizens of the European Union whose own state has no post there.
        other_nationality: how many are family members of another nationality.
        form: the number of the form that was sent; a later answer from the same form takes the place of an earlier one.
        source, ref: which way it came and its number there; the same one twice is one row.
        citizen, checkin: whom a clerk found, and what was recorded for them.
        by: who confirmed or dismissed it.
        closed_at: when nobody must act any more; a confirmed call for help stays open until somebody says what came of it.
    """

    class State(models.TextChoices):
        """Whether a person has looked at it."""

        OPEN = "open", "Unverified"
        CONFIRMED = "confirmed", "Confirmed"
        DISMISSED = "dismissed", "Dismissed"

    class Said(models.TextChoices):
        """How they are, as they say."""

        SAFE = "safe", "Safe"
        NEEDS_HELP = "needs_help", "Needs help"
        NOT_THERE = "not_there", "Not there"
        SOME = "some", "Some of them safe"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="reports")
    rollcall = models.ForeignKey(Rollcall, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    said = models.CharField(max_length=10, choices=Said.choices)
    people = models.PositiveSmallIntegerField(default=1)
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
