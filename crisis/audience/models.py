"""Citizens, their contacts and their stays."""

from django.db import models
from django.db.models import Q

from crisis.encryption import SealedField
from crisis.registry.models import Ministry


class Citizen(models.Model):
    """Somebody who subscribed.

    Attributes:
        name: as given; shown to staff only.
        language: what the person is spoken to in.
        people: how many the person answers for, the person included; counts are people.
        in_exercises: drills may write to this person: everybody in a demo, volunteers in live operation.
        simulated: made by the demo; live operation refuses to start with one.
    """

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    name = models.CharField(max_length=120, blank=True)
    folded_name = models.CharField(max_length=120, blank=True, editable=False)
    language = models.CharField(max_length=10)
    people = models.PositiveSmallIntegerField(default=1)
    in_exercises = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False, editable=False)
    subscribed_at = models.DateTimeField()

    class Meta:
        """At least the person; lists are read by name, a page at a time."""

        constraints = [models.CheckConstraint(condition=Q(people__gte=1), name="people_at_least_one")]
        indexes = [models.Index(fields=["name", "id"], name="citizen_by_name")]

    def __str__(self) -> str:
        return f"citizen {self.pk}"


class Contact(models.Model):
    """One way to reach a citizen; chat numbers stand clear, because every notice needs them.

    Attributes:
        address: for Telegram, the chat's number; else the blind index of what is sealed, by which it is found.
        sealed: the e-mail address, or the phone number in E.164, encrypted; blank for Telegram. Only who sends opens it.
        asked: what the bot asked last and still waits for ("place"), kept here so that a restart forgets nothing.
    """

    class Kind(models.TextChoices):
        """The way."""

        TELEGRAM = "telegram", "Telegram"
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        WHATSAPP = "whatsapp", "WhatsApp"

    class State(models.TextChoices):
        """Whether it works."""

        ACTIVE = "active", "Active"
        STOPPED = "stopped", "Stopped by the person"
        GONE = "gone", "Does not work any more"

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TELEGRAM)
    address = models.CharField(max_length=120)
    sealed = SealedField(blank=True, default="", editable=False, index="address")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    state_why = models.CharField(max_length=60, blank=True)
    asked = models.CharField(max_length=20, blank=True)
    linked_at = models.DateTimeField()

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

    def __str__(self) -> str:
        return f"{self.kind} contact {self.pk}"


class Stay(models.Model):
    """Where a citizen is, since when.

    Attributes:
        country, region: codes.
        lat, lon: rounded to 0.01 degree.
        cell: the grid's number of that point.
        place_name: the nearest town, for people to read.
        confirmed_at: when the person last said so.
        ended_at: when another stay took its place; the current one has none.
    """

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="stays")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=12, blank=True)
    lat = models.FloatField()
    lon = models.FloatField()
    cell = models.IntegerField()
    place_name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=40, blank=True)
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One current stay a person; areas look for country and cell."""

        constraints = [
            models.UniqueConstraint(fields=["citizen"], condition=Q(ended_at=None), name="one_current_stay"),
        ]
        indexes = [models.Index(fields=["country", "cell"], condition=Q(ended_at=None), name="current_stay_cell")]

    def __str__(self) -> str:
        return f"{self.place_name or self.country} since {self.confirmed_at:%Y-%m-%d}"
