"""Somebody asks about somebody: what a relative tells us, kept apart, and never answered before the person found has agreed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Alert
from crisis.alerts.queries import rollcall_about
from crisis.audience.models import Citizen, Contact
from crisis.checkins.models import CheckIn
from crisis.encryption import SealedField
from crisis.registry.models import Mode, Post
from crisis.staff.models import Officer


class Enquiry(models.Model):
    """One relative asks about one person; it says nothing about anybody, and changes nobody's answer.

    In the words of PFIF 1.4 (the People Finder Interchange Format, http://zesty.ca/pfif/1.4/) it is one `person` record and its
    first `note`; the names in brackets are PFIF's. What we know of the person is never exchanged: no status, no note of ours.

    Attributes:
        alert: from whose page it came, if from one.
        post: who looks after it: whoever serves the place; None: the whole ministry.
        name, folded_name: whom they seek (`full_name`).
        birth_year: or None (`date_of_birth`).
        where: where the person was last known to be, as they wrote it (`last_known_location` of the note).
        last_contact: when and how they last heard from them (`text` of the note, whose `status` is `information_sought`).
        sought_kind, sought_address, sought_sealed: a phone number or e-mail address of the person, as a contact's; or blank.
        asker, relation: who asks, and what they are to the person (`author_name`).
        asker_kind, asker_address, asker_sealed: how they are reached (`author_phone`, `author_email`).
        language: in which they are answered.
        source, ref: which way it came and its number there; the same one twice is one row.
        crowded: one of very many from one address in an hour.
        citizen, matched_by, matched_at: whom a clerk says it is about; nobody learns that.
        asked_at: when the person was asked whether the relative may be told.
        consent, consent_how, consent_by, consent_at: what they said, which way ("link", "phone"), and who wrote it down.
        told_at, told_by, told_how: when the relative was told, and by whom on the phone, or by a message.
        closed_at, closed_by, outcome: when nobody must act any more, and what came of it.
    """

    class Relation(models.TextChoices):
        """What whoever asks is to the person."""

        PARENT = "parent", _("Parent")
        CHILD = "child", _("Child")
        PARTNER = "partner", _("Husband, wife or partner")
        SIBLING = "sibling", _("Brother or sister")
        OTHER = "other", _("Other relative")
        FRIEND = "friend", _("Friend or colleague")

    class Consent(models.TextChoices):
        """What the person agrees to."""

        SAFE = "safe", _("May be told that they are safe")
        TOUCH = "touch", _("May be told that we are in touch")
        REFUSED = "refused", _("Nothing may be told")

    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="enquiries")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="enquiries")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    name = models.CharField(max_length=200)
    folded_name = models.CharField(max_length=200, editable=False)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    where = models.CharField(max_length=200, blank=True)
    last_contact = models.CharField(max_length=500, blank=True)
    sought_kind = models.CharField(max_length=10, choices=Contact.Kind.choices, blank=True)
    sought_address = models.CharField(max_length=120, blank=True, editable=False)
    sought_sealed = SealedField(blank=True, default="", editable=False, index="sought_address")
    asker = models.CharField(max_length=200)
    relation = models.CharField(max_length=8, choices=Relation.choices)
    asker_kind = models.CharField(max_length=10, choices=Contact.Kind.choices)
    asker_address = models.CharField(max_length=120, editable=False)
    asker_sealed = SealedField(editable=False, index="asker_address")
    language = models.CharField(max_length=10)
    source = models.CharField(max_length=12, choices=CheckIn.Source.choices)
    ref = models.CharField(max_length=64)
    crowded = models.BooleanField(default=False)
    at = models.DateTimeField()
    citizen = models.ForeignKey(Citizen, null=True, blank=True, on_delete=models.SET_NULL, related_name="enquiries")
    matched_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    matched_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    consent = models.CharField(max_length=8, choices=Consent.choices, blank=True)
    consent_how = models.CharField(max_length=5, blank=True)
    consent_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    consent_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    told_how = models.CharField(max_length=7, blank=True)
    told_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        """Recorded once; an address never stands clear; what is open is found by index."""

        verbose_name_plural = "enquiries"
        constraints = [
            models.UniqueConstraint(fields=["source", "ref"], name="enquiry_once"),
            models.CheckConstraint(
                condition=Q(sought_kind="", sought_sealed="") | (~Q(sought_kind="") & ~Q(sought_sealed="")),
                name="enquiry_address_is_sealed",
            ),
            models.CheckConstraint(condition=~Q(asker_sealed=""), name="enquiry_of_somebody"),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(closed_at=None), name="enquiry_open")]

    def __str__(self) -> str:
        return f"enquiry {self.pk}"

    @property
    def rollcall_id(self) -> int | None:
        """The question that the chain of the alert from whose page it came asks, if any."""
        return rollcall_about(self.alert_id)
