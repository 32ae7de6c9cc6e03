"""Citizens, those they answer for, their contacts and their stays."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crisis.encryption import SealedField
from crisis.registry.models import Ministry
from crisis.staff.models import Officer


class ImportedFile(models.Model):
    """A list of people that staff brought in: whose it is, by what right it is kept, and until when.

    Attributes:
        source: who gave it ("consular register", a tour operator's name).
        legal_basis: why it may be kept, in words for whoever asks.
        expires_on: the last day on which people who came with it alone are kept.
    """

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=300)
    expires_on = models.DateField()
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.name} of {self.imported_at:%Y-%m-%d}"


class Citizen(models.Model):
    """Somebody who subscribed.

    Attributes:
        name: as given; shown to staff only.
        indexed_name: the folded name whose words stand in NameWord; another one than `folded_name` until a task has seen to it,
            whoever changed the name.
        language: what the person is spoken to in.
        people: how many the person answers for, the person included; counts are people.
        in_exercises: drills may write to this person: everybody in a demo, volunteers in live operation.
        simulated: made by the demo; live operation refuses to start with one.
        came_with: the list that staff brought the person in with; None who came by themselves.
        also_on: lists that were brought in later, on which the person stands too.
        erase_asked_at: when the person asked to be erased while a call for help was open: it is done once that is closed.
    """

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    name = models.CharField(max_length=120, blank=True)
    folded_name = models.CharField(max_length=120, blank=True, editable=False)
    indexed_name = models.CharField(max_length=120, blank=True, editable=False, db_default="")
    language = models.CharField(max_length=10)
    people = models.PositiveSmallIntegerField(default=1)
    in_exercises = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False, editable=False)
    came_with = models.ForeignKey(
        ImportedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="citizens"
    )
    also_on = models.ManyToManyField(ImportedFile, related_name="known")
    subscribed_at = models.DateTimeField()
    erase_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """At least the person; lists are read by name, a page at a time."""

        constraints = [models.CheckConstraint(condition=Q(people__gte=1), name="people_at_least_one")]
        indexes = [
            models.Index(fields=["name", "id"], name="citizen_by_name"),
            models.Index(fields=["folded_name"], name="citizen_by_folded_name"),
            models.Index(fields=["id"], condition=~Q(indexed_name=F("folded_name")), name="citizen_to_index"),
            models.Index(fields=["erase_asked_at"], condition=Q(erase_asked_at__isnull=False), name="citizen_to_erase"),
        ]

    def __str__(self) -> str:
        return f"citizen {self.pk}"


class Contact(models.Model):
    """One way to reach a citizen; chat numbers stand clear, because every notice needs them.

    Attributes:
        address: for Telegram, the chat's number; else the blind index of what is sealed, by which it is found.
        sealed: the e-mail address, or the phone number in E.164, encrypted; blank for Telegram. Only who sends opens it.
        asked: what the bot asked last and still waits for ("place", "until", ...; with "me:" in front where one thing is changed
            and no other question follows), kept here so that a restart forgets nothing. Elsewhere "confirm" (see `confirming`) or
            "claimed" (see `contacts`).
        rank: 0 is the way that the person prefers; the others follow, in this order, where that one does not deliver.
        gone_at: the night in which it was first found GONE.
        version: which address this is that the row holds, from 0 on: what was signed for an earlier one opens nothing any more.
    """

    class Kind(models.TextChoices):
        """The way."""

        TELEGRAM = "telegram", "Telegram"
        EMAIL = "email", _("E-mail")
        SMS = "sms", "SMS"
        WHATSAPP = "whatsapp", "WhatsApp"

    class State(models.TextChoices):
        """Whether it works."""

        ACTIVE = "active", _("Active")
        PENDING = "pending", _("Waits until the person confirms it")
        STOPPED = "stopped", _("Stopped by the person")
        GONE = "gone", _("Does not work any more")

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TELEGRAM)
    address = models.CharField(max_length=120)
    sealed = SealedField(blank=True, default="", editable=False, index="address")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    state_why = models.CharField(max_length=60, blank=True)
    asked = models.CharField(max_length=20, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    linked_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        """An address once; what is private never stands clear, and a person has one of a kind."""

        constraints = [
            models.UniqueConstraint(fields=["kind", "address"], name="contact_once"),
            models.UniqueConstraint(fields=["citizen", "kind"], name="contact_of_a_kind_once"),
            models.CheckConstraint(
                condition=(Q(kind="telegram") & Q(sealed="")) | (~Q(kind="telegram") & ~Q(sealed="")),
                name="private_address_is_sealed",
            ),
        ]
        # The sweep asks every other second who waits for a link.
        indexes = [models.Index(fields=["state", "linked_at"], name="contacts_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} contact {self.pk}"


class Stay(models.Model):
    """Where a citizen is, since when.

    Attributes:
        country, region: codes.
        lat, lon: rounded to 0.01 degree.
        cell: the grid's number of that point.
        place_name: the nearest town, for people to read.
        until_on: the last day of a visit, as the person said; None who lives there, or did not say.
        lives_here: the person said so.
        confirmed_at: when the person last said so.
        asked_at: when we last asked whether it still holds.
        ended_at: when another stay took its place; the current one has none.
        untold_since: it ended without a word of the person's, and they are being told since then; None once they were.
    """

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="stays")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=12, blank=True)
    lat = models.FloatField()
    lon = models.FloatField()
    cell = models.IntegerField()
    place_name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=40, blank=True)
    until_on = models.DateField(null=True, blank=True)
    lives_here = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    untold_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One current stay a person; areas look for country and cell."""

        constraints = [
            models.UniqueConstraint(fields=["citizen"], condition=Q(ended_at=None), name="one_current_stay"),
        ]
        indexes = [
            models.Index(fields=["country", "cell"], condition=Q(ended_at=None), name="current_stay_cell"),
            # Whom to ask whether they are still there: by the last day, by the last word, and whoever was asked and said nothing.
            models.Index(
                fields=["until_on"],
                condition=Q(ended_at=None, asked_at=None, until_on__isnull=False),
                name="stay_until",
            ),
            models.Index(
                fields=["confirmed_at", "lives_here"],
                condition=Q(ended_at=None, asked_at=None, until_on=None),
                name="stay_unconfirmed",
            ),
            models.Index(fields=["asked_at"], condition=Q(ended_at=None, asked_at__isnull=False), name="stay_asked"),
            models.Index(fields=["untold_since"], condition=Q(untold_since__isnull=False), name="stay_end_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.place_name or self.country} since {self.confirmed_at:%Y-%m-%d}"


class Member(models.Model):
    """Somebody of a citizen's household whom the citizen named; those who are only counted have no row.

    Attributes:
        told_at: when the citizen was told to tell them that their name stands here.
        indexed: its words stand in NameWord.
    """

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="members")
    name = models.CharField(max_length=120)
    folded_name = models.CharField(max_length=120, blank=True, editable=False)
    told_at = models.DateTimeField()
    indexed = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        """As the citizen named them."""

        indexes = [models.Index(fields=["id"], condition=Q(indexed=False), name="member_to_index")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"member {self.pk} of {self.citizen_id}"


class NameWord(models.Model):
    """One word of a citizen's name, or of somebody's of the household, folded: by its beginning people are found."""

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="name_words")
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    # On PostgreSQL its collation is "C" (a migration sees to it): only so the index answers for beginnings, in its own order.
    word = models.CharField(max_length=60)

    class Meta:
        """Found by their beginnings, whole words first."""

        indexes = [models.Index(fields=["word", "citizen"], name="name_word_by_beginning")]

    def __str__(self) -> str:
        return f"word {self.pk} of {self.citizen_id}"


class EmergencyContact(models.Model):
    """Whom we ask when a citizen stays silent; only because the citizen said so, and told only that we try to reach somebody.

    Attributes:
        kind: by which way, e-mail or SMS.
        address, sealed: as a contact's.
        agreed_at: when the citizen agreed that we ask there.
    """

    citizen = models.OneToOneField(Citizen, on_delete=models.CASCADE, related_name="emergency_contact")
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Contact.Kind.choices)
    address = models.CharField(max_length=120)
    sealed = SealedField(editable=False, index="address")
    language = models.CharField(max_length=10)
    agreed_at = models.DateTimeField()

    class Meta:
        """What is private never stands clear."""

        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["email", "sms"]) & ~Q(sealed=""), name="emergency_contact_is_sealed"
            )
        ]

    def __str__(self) -> str:
        return f"emergency contact of {self.citizen_id}"


class Link(models.Model):
    """A link that only its receiver knows, for one purpose: the database keeps its digest, and nobody can make it from that.

    Attributes:
        contact: where it was sent, and what it proves to be the person's own.
        digest: of the token in the link.
        used_at: when it did what it is for; a link to manage, or to answer an alert, may be opened until it expires.
    """

    class Purpose(models.TextChoices):
        """What it is for."""

        CONFIRM = "confirm", _("Confirm an address")
        MANAGE = "manage", _("See and change what is known")
        STAY = "stay", _("Say where one stays")
        CHECK_IN = "check_in", _("Answer an alert")
        INVITE = "invite", _("Link a chat to somebody whom staff brought in")

    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="links")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link {self.pk} to {self.purpose}"


class ChatMessage(models.Model):
    """One message of the bot in a chat, kept as long as a bot may take its own messages away again; never what it says.

    Attributes:
        number: the platform's own for it, in that chat.
        marker: of the alert that it shows; blank for everything else.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="messages")
    number = models.BigIntegerField()
    marker = models.CharField(max_length=12, blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        """What has grown old is found by index."""

        indexes = [models.Index(fields=["sent_at"], name="chat_message_by_age")]

    def __str__(self) -> str:
        return f"message {self.number} to {self.contact_id}"


class Knock(models.Model):
    """Somebody tried a public door: kept for an hour, so that a flood from one place is held back.

    Attributes:
        door: what was tried.
        whose: a keyed digest of where it came from; nothing else of it is kept.
    """

    door = models.CharField(max_length=12)
    whose = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        """Counted by door and place; forgotten by age."""

        indexes = [
            models.Index(fields=["door", "whose", "at"], name="knocks_of_one"),
            models.Index(fields=["at"], name="knocks_by_age"),
        ]

    def __str__(self) -> str:
        return f"knock {self.pk} at {self.door}"


# The models of this room that bringing lists in needs; they stand apart because they are many.
import crisis.audience.lists  # noqa: E402, F401
