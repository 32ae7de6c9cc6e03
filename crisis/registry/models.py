"""Ministry, posts, jurisdictions, holders, accounts, the directory."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crisis.encryption import EncryptedSecretsField
from crisis.staff.models import Officer
from platforms import catalog

CHECK_EVERY = timedelta(days=180)  # a number or link of the directory, unless whoever verified it chose another day
WARN_DAYS = (14, 7, 1)  # before an access ends by itself, staff are warned three times


def brief() -> list[str]:
    """Return the platforms whose accesses never hold as long as the first warning, and are renewed by themselves."""
    longest = timedelta(days=max(WARN_DAYS))
    return [spec.slug for spec in catalog.specs() if spec.renew_before is not None and spec.renew_before < longest]


class Mode(models.TextChoices):
    """Whether something is real or a drill; the two never meet."""

    LIVE = "live", _("LIVE")
    EXERCISE = "exercise", _("EXERCISE")


class Ministry(models.Model):
    """A ministry of foreign affairs. One is at home here; the others are reference data that no alert can target.

    Attributes:
        code: its country's ISO code, as a rule.
        names: its name by language.
        languages: what its alerts are written in, in its own order.
        required_languages: what no alert may lack without a tick; they go out together, and equally complete.
        rotate_first: the required ones take turns in the first place, by post and by alert; else its own order stands.
        without_card: the platforms that could show the alert's card, and on which this ministry publishes none.
        money_line: "we never ask for money", by language.
        break_glass_after: for how many minutes nobody may have answered before one person may issue alone; None: never.
        cap_sender: the sender of its CAP messages (CAP 1.2: no spaces, commas, < or &).
    """

    code = models.CharField(max_length=8, unique=True)
    names = models.JSONField(default=dict)
    languages = models.JSONField(default=list)
    required_languages = models.JSONField(default=list)
    rotate_first = models.BooleanField(default=False)
    without_card = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    money_line = models.JSONField(default=dict, blank=True)
    cap_sender = models.CharField(max_length=120, blank=True)
    break_glass_after = models.PositiveSmallIntegerField(null=True, blank=True)
    is_home = models.BooleanField(default=False)

    class Meta:
        """One home at most."""

        verbose_name_plural = "ministries"
        constraints = [models.UniqueConstraint(fields=["is_home"], condition=Q(is_home=True), name="one_home_ministry")]

    def __str__(self) -> str:
        return self.name("en")

    def name(self, language: str) -> str:
        """Return its name in a language, else in its own first one, else its code."""
        for choice in (language, *self.languages, "en"):
            if choice in self.names:
                return str(self.names[choice])
        return self.code


class Post(models.Model):
    """A diplomatic post.

    Attributes:
        code: its own stable identifier within its ministry.
        lat, lon: degrees, WGS 84; absent where unknown.
        exact: the point is the building, not the city's centre.
        valid_from, valid_to: when it is open; blank is unknown or open-ended.
        successor: who serves its people after it closes.
    """

    class State(models.TextChoices):
        """What is known of a post's life. Only a planned or a closed one is never targeted."""

        OPEN = "open", _("Open")
        PLANNED = "planned", _("Not open yet")
        CLOSING = "closing", _("Open, closure announced")
        CLOSED = "closed", _("Closed")
        UNVERIFIED = "unverified", _("Listed, to be verified")

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT, related_name="posts")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=40)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2)
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    exact = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    email = models.CharField(max_length=120, blank=True)
    wikidata = models.CharField(max_length=20, blank=True)
    notes = models.TextField(blank=True)
    source = models.TextField(blank=True)

    class Meta:
        """A code is used once in a ministry."""

        constraints = [models.UniqueConstraint(fields=["ministry", "code"], name="post_once")]
        ordering = ["country", "name"]

    def __str__(self) -> str:
        return self.name


class Jurisdiction(models.Model):
    """One country, or one region of it, for which one post is competent.

    Attributes:
        region: the region's code; blank is the whole country, or a part that could not be resolved.
        region_name: the region as its source names it.
        priority: 1 before 2 before 3, where several posts are competent for the same place.
    """

    class Kind(models.TextChoices):
        """For what: alerts and check-ins follow the consular one."""

        CONSULAR = "consular", _("Consular")
        POLITICAL = "political", _("Political")
        VISA = "visa", _("Visa")

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="jurisdictions")
    country = models.CharField(max_length=2, db_index=True)
    region = models.CharField(max_length=12, blank=True)
    region_name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CONSULAR)
    priority = models.PositiveSmallIntegerField(default=2)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        """Said once."""

        constraints = [
            models.UniqueConstraint(fields=["post", "country", "region_name", "kind"], name="jurisdiction_once")
        ]

    def __str__(self) -> str:
        return f"{self.post.code}: {self.country}{' ' + self.region_name if self.region_name else ''} ({self.kind})"


class Holder(models.Model):
    """Who speaks through an account.

    Attributes:
        post: the one that it is; of_post: the one where it works (an ambassador, a region's delegate).
        competence: what it is competent for, as a key of data/competences.toml.
    """

    class Kind(models.TextChoices):
        """A department's accounts speak for the whole ministry; a person's only with consent (`keeping.Consent`)."""

        POST = "post", _("Post")
        DEPARTMENT = "department", _("Whole ministry")
        PROJECT = "project", _("Project")
        PERSON = "person", _("Person")
        REGION = "region", _("Region or community")

    ministry = models.ForeignKey(Ministry, on_delete=models.PROTECT, related_name="holders")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=160)
    post = models.OneToOneField(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="holder")
    of_post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="people")
    competence = models.CharField(max_length=40, blank=True)

    class Meta:
        """A post's holder has its post, the others have none."""

        constraints = [
            models.CheckConstraint(
                condition=Q(kind="post", post__isnull=False) | ~Q(kind="post"), name="post_holder_has_post"
            ),
            models.UniqueConstraint(fields=["ministry", "kind", "name"], name="holder_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """One account on one platform; a LIVE one has a shadow, its EXERCISE twin, on which drills run the whole way.

    Attributes:
        platform: a slug of the catalogue ("x", "facebook", "telegram"), or of a platform that has no adapter yet.
        address: as people know it: a handle, a page name, "@channel". Blank: a shadow that is not connected yet.
        platform_id: the platform's own number for it, where its adapter needs one.
        languages: what it speaks, in order; empty is its ministry's languages.
        broadcast: whether alerts go there by themselves, only when ticked, or never.
        purpose: what it is for, in a few words.
        verified_on, reviewed_by: when a person last checked that it is the holder's, and who reviewed that.
        archived_on: from when it is used no more.
        paused_at, paused_why: nothing leaves while it is set; every account starts so.
        is_home: its holder's ministry is the home ministry (copied, so that a delivery can be held to it by a constraint).
    """

    class Broadcast(models.TextChoices):
        """Whether alerts go there."""

        YES = "yes", _("Always")
        ASK = "ask", _("Only when ticked")
        NEVER = "never", _("Never")

    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="accounts")
    platform = models.CharField(max_length=20)
    address = models.CharField(max_length=160, blank=True)
    address_key = models.CharField(max_length=160, blank=True, editable=False)
    platform_id = models.CharField(max_length=80, blank=True)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.LIVE)
    shadow_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE, related_name="shadow")
    languages = models.JSONField(default=list, blank=True)
    broadcast = models.CharField(max_length=5, choices=Broadcast.choices, default=Broadcast.YES)
    purpose = models.CharField(max_length=200, blank=True)
    verified_on = models.DateField(null=True, blank=True)
    reviewed_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    archived_on = models.DateField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=200, blank=True)
    is_home = models.BooleanField(default=False, editable=False)

    class Meta:
        """An address once in each mode; an exercise account is always the shadow of a live one."""

        constraints = [
            models.UniqueConstraint(
                fields=["platform", "address_key", "mode"], condition=~Q(address_key=""), name="account_once"
            ),
            models.CheckConstraint(
                condition=Q(mode="live", shadow_of__isnull=True) | Q(mode="exercise", shadow_of__isnull=False),
                name="exercise_is_shadow",
            ),
            models.CheckConstraint(condition=~Q(shadow_of=F("id")), name="no_own_shadow"),
        ]
        ordering = ["platform", "address_key"]

    def __str__(self) -> str:
        return f"{self.platform} {self.shown}"

    @property
    def shown(self) -> str:
        """Its address, or whose shadow it is while it has none."""
        if self.address or self.shadow_of is None:
            return self.address
        return f"shadow of {self.shadow_of.address}"


class Credential(models.Model):
    """What an adapter needs to publish on one account, encrypted.

    Attributes:
        scopes: what was allowed, in the platform's own words.
        expires_at: when the access ends by itself; blank: not before somebody ends it.
        connected_by: the officer whose link was used.
        grantor: keyed digest of the person who allowed it, where one consent on the platform speaks for several accounts.
        renew_after: not renewed before: somebody is at it, or it failed a moment ago.
        renew_code: why it was not renewed when it was last tried, as an error's stable code; blank if it was.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="credential")
    secrets = EncryptedSecretsField()
    stored_at = models.DateTimeField()
    scopes = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    connected_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    grantor = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    renew_after = models.DateTimeField(null=True, blank=True, editable=False)
    renew_code = models.CharField(max_length=40, blank=True, editable=False)

    def __str__(self) -> str:
        return f"credential of account {self.account_id}"

    def days_left(self, now: datetime) -> int | None:
        """Return how many whole days the access still holds, negative once it has ended; None if it does not end by itself."""
        return None if self.expires_at is None else (self.expires_at - now) // timedelta(days=1)

    def renews_itself(self, now: datetime) -> bool:
        """Tell whether its end, near by nature, is no news: it is renewed again and again, and the last time too."""
        if self.renew_code or self.expires_at is None or self.expires_at <= now:
            return False
        return self.account.platform in brief()

    def warning(self, now: datetime) -> int | None:
        """Return the tightest of the warning marks (days) that the end has passed; 0 once it is there, None before all."""
        left = self.days_left(now)
        if left is None or self.renews_itself(now):
            return None
        return 0 if left < 0 else next((days for days in sorted(WARN_DAYS) if left < days), None)


class Invitation(models.Model):
    """A link with which the editor of one account connects it, once.

    Attributes:
        address: whom the platform must name; the account's own, or a test account's for a shadow that has none.
        digest: of the link's token, which is kept nowhere.
        revoked_at: a later link took its place, or the account was disconnected.
        claim_digest, claim_until: of the code that is posted in a channel, and until when it counts.
        problem: why the last try failed: a word, and what it is about.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    address = models.CharField(max_length=160)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    claim_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    claim_until = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.address}"


class DirectoryEntry(models.Model):
    """A phone number or link that alerts and answers may use.

    Attributes:
        value: a number as it is dialled from abroad ("+32 2 501 40 00"), or an https address.
        verified_on: when a person last dialled or opened it; blank is not verified, and shown so.
    """

    class Kind(models.TextChoices):
        """What it is."""

        PHONE = "phone", _("Phone number")
        LINK = "link", _("Link")

    class Purpose(models.TextChoices):
        """What it is for."""

        EMERGENCY = "emergency", _("Emergencies, day and night")
        POST = "post", _("The post, in its hours")
        WEBSITE = "website", _("Website")
        ADVICE = "advice", _("Travel advice")

    ministry = models.ForeignKey(Ministry, on_delete=models.CASCADE, related_name="directory")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="directory")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    value = models.CharField(max_length=200)
    verified_on = models.DateField(null=True, blank=True)
    verified_by = models.CharField(max_length=120, blank=True)
    check_on = models.DateField(null=True, blank=True)  # when somebody does so again; blank: `CHECK_EVERY` later
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        """One entry a purpose, for the ministry and for each post."""

        verbose_name_plural = "directory entries"
        constraints = [
            models.UniqueConstraint(
                fields=["post", "kind", "purpose"], condition=Q(post__isnull=False), name="post_entry_once"
            ),
            models.UniqueConstraint(
                fields=["ministry", "kind", "purpose"], condition=Q(post__isnull=True), name="entry_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.value}"

    @property
    def next_check(self) -> date | None:
        """The day on which somebody is to dial or open it again; None: nobody ever has, so that it is due at once."""
        return (self.check_on or self.verified_on + CHECK_EVERY) if self.verified_on else None

    def is_stale(self, on: date) -> bool:
        """Tell whether nobody has verified it, or its next check is due."""
        return self.next_check is None or self.next_check <= on


# The models of this room that stand apart.
import crisis.registry.keeping  # noqa: E402, F401
from crisis.registry.installation import Installation as Installation  # noqa: E402, PLC0414 - the room shows it
