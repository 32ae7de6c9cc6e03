"""Lists of people that staff bring in: on their way, who on them may be here already, and who is invited."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crisis.audience.models import Citizen, Contact, ImportedFile
from crisis.encryption import SealedField
from crisis.outbox import OutboxMessage
from crisis.registry.models import Ministry
from crisis.staff.models import Officer


class Upload(models.Model):
    """A list on its way in: checked first, then brought in, batch by batch; what it holds is forgotten when that is done.

    Attributes:
        file: the list that its people came with, once it is being brought in.
        language: of whoever's row names none; blank makes that a mistake.
        content: the file's text, encrypted; once it is brought in, the rows that were not, as a CSV.
        encoding, delimiter: how it was written.
        header: its columns as they name them; columns: theirs by ours.
        lines: rows there are; seen: of these, those that were looked at in this state.
        good, known, bad: rows that can be taken, that are here already by an address, and that cannot be taken.
        problems: [line, reason, verdict] of bad and known rows, at most some thousand.
        leave_out: the bad rows are left out; without it one of them stops everything.
        update_known: who is here already is given what the list says; else nothing of them is changed.
        invite: who is new gets an invitation.
        made, changed, contacts: what came of it.
        turn, lease_until: who works on it, and until when nobody else begins.
    """

    class State(models.TextChoices):
        """What is done next: by a person (columns, checked, done), or by a worker (checking, bringing)."""

        COLUMNS = "columns", _("Columns to confirm")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        BRINGING = "bringing", _("Being brought in")
        DONE = "done", _("Brought in")

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    file = models.OneToOneField(ImportedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="upload")
    state = models.CharField(max_length=8, choices=State.choices, default=State.COLUMNS)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=300)
    expires_on = models.DateField()
    language = models.CharField(max_length=10, blank=True)
    content = SealedField(editable=False)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    header = models.JSONField()
    columns = models.JSONField(default=dict)
    lines = models.PositiveIntegerField()
    seen = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    leave_out = models.BooleanField(default=False)
    update_known = models.BooleanField(default=False)
    invite = models.BooleanField(default=False)
    made = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    contacts = models.PositiveIntegerField(default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    turn = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"upload {self.pk}"


class Likeness(models.Model):
    """Two citizens who may be one person; somebody decides, nothing is merged by itself.

    Attributes:
        citizen: who came later.
        other: who was here.
        why: what is alike: "name" (and country), or "chat" (an invitation was opened in a chat that somebody else has).
    """

    class Verdict(models.TextChoices):
        """What was decided."""

        OPEN = "open", _("Nobody has decided")
        SAME = "same", _("One person")
        TWO = "two", _("Two people")

    citizen = models.ForeignKey(Citizen, null=True, on_delete=models.SET_NULL, related_name="likenesses")
    other = models.ForeignKey(Citizen, null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=10)
    verdict = models.CharField(max_length=4, choices=Verdict.choices, default=Verdict.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A pair once; what is open is listed."""

        constraints = [models.UniqueConstraint(fields=["citizen", "other"], name="likeness_once")]
        indexes = [models.Index(fields=["verdict", "id"], name="likeness_open")]

    def __str__(self) -> str:
        return f"likeness {self.pk}"


class Invite(OutboxMessage):
    """The one invitation that a citizen who came with a list is sent.

    Attributes:
        contact: where to; never Telegram.
        code: why it did not leave, as an error's stable code or a word of ours.
    """

    class State(models.TextChoices):
        """What became of it."""

        QUEUED = "queued", _("Waits")
        SENDING = "sending", _("On its way")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Outcome unknown")

    citizen = models.OneToOneField(Citizen, on_delete=models.CASCADE, related_name="invite")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    file = models.ForeignKey(ImportedFile, on_delete=models.PROTECT, related_name="invites")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        """What waits is found at once."""

        indexes = [models.Index(fields=["state", "not_before"], name="invite_due")]

    def __str__(self) -> str:
        return f"invite {self.pk}"
