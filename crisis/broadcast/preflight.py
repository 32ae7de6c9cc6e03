"""What would go out, to whom, and what stands in its way: asked while composing, before submitting, and again when issuing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert
from crisis.alerts.operations import frame
from crisis.broadcast.corrections import standing
from crisis.broadcast.models import NOTICE
from crisis.broadcast.release import lasting_obstacle
from crisis.broadcast.targeting import Cell, cells
from crisis.places.names import country_name
from crisis.registry.models import Account, Credential, DirectoryEntry, Holder, Mode, Post
from crisis.registry.queries import accounts_for, competent_posts
from crisis.wording.catalogue import situation
from crisis.wording.fit import TooLong
from crisis.wording.languages import in_turn, turn
from crisis.wording.render import Publication, render
from platforms import catalog

FORMS = ("alert", "retraction")
# What needs a tick by the officer, each with the sentence that is ticked.
TICKS = {
    "posts_without_account": "These posts have no public account of their own: {items}.",
    "missing_languages": "These languages, which the ministry requires, are not complete: {items}.",
    "unreviewed_texts": "No native speaker has reviewed the text in: {items}.",
    "unverified_numbers": "Nobody has verified this number or link lately: {items}.",
    "skipped_accounts": "Nothing will stand on these accounts, which are paused or not connected: {items}.",
}


class Refused(Exception):
    """The alert may not leave as it is; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What one account would publish.

    Attributes:
        account: the registered account, LIVE.
        used: the one that publishes: itself, or its shadow in an exercise.
        languages: what it publishes in, in order; `missing` what it speaks too, but the alert does not.
        publications: its texts in order; empty if it is held.
        held: why a person must act, or blank.
        skipped: why nothing can leave through the account until a person acts (paused, not connected), or blank.
    """

    account: Account
    used: Account
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    publications: tuple[Publication, ...]
    held: str = ""
    skipped: str = ""

    @property
    def shown(self) -> str:
        """The account as people know it, in a drill as whose shadow publishes: "X shadow of belgiumembjapan"."""
        spec = catalog.spec(self.account.platform)
        platform = spec.name if spec else self.account.platform.capitalize()
        return f"{platform} {'shadow of ' if self.used.mode == Mode.EXERCISE else ''}{self.account.address}"


@dataclass(slots=True)
class Cost:
    """What one platform would charge: so many publications, so many US dollars."""

    platform: str
    publications: int = 0
    dollars: float = 0.0


@dataclass(slots=True)
class Preflight:
    """What would happen if the alert were issued now.

    Attributes:
        problems: what forbids it.
        ticks: what needs the officer's tick, by kind; `names` how its sentence calls an item, where that is not the item itself.
        notices: the private text by language; `fallbacks` which language speaks for a missing one.
        corrected: on so many accounts something of the alert's chain stands.
        too_long: (platform, languages) whose shortest form is over the limit.
        retractions: by (platform, languages), the texts that stand ready.
    """

    posts: list[Post] = field(default_factory=list)
    plans: list[AccountPlan] = field(default_factory=list)
    unticked: list[Account] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    notices: dict[str, Publication] = field(default_factory=dict)
    fallbacks: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, str, tuple[str, ...]], list[Publication]] = field(default_factory=dict)
    corrected: int = 0
    too_long: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ticks: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """How many citizens' contacts would be written to."""
        return sum(cell.contacts for cell in self.cells)

    @property
    def people(self) -> int:
        """For how many people those answer."""
        return sum(cell.people for cell in self.cells)

    @property
    def publishing(self) -> list[AccountPlan]:
        """The accounts that would publish by themselves."""
        return [plan for plan in self.plans if not plan.held and not plan.skipped]

    @property
    def costs(self) -> list[Cost]:
        """What the platforms that charge would charge for it, one row each."""
        found: dict[str, Cost] = {}
        for plan in self.publishing:
            spec = catalog.spec(plan.account.platform)
            if spec is not None and spec.prices is not None:
                cost = found.setdefault(spec.slug, Cost(spec.name))
                cost.publications += len(plan.publications)
                cost.dollars += sum(spec.prices.of(text.text) for text in plan.publications)
        return list(found.values())

    def sentences(self) -> list[tuple[str, str, list[str]]]:
        """Return what needs a tick as (kind, sentence, items)."""
        return [(kind, TICKS[kind].format(items=self._named(items)), items) for kind, items in self.ticks.items()]

    def _named(self, items: list[str]) -> str:
        return ", ".join(self.names.get(item, item) for item in items)

    def unacknowledged(self, acknowledged: dict[str, list[str]]) -> list[str]:
        """Return the sentences that are not ticked for exactly what they name."""
        return [text for kind, text, items in self.sentences() if not set(items) <= set(acknowledged.get(kind, []))]


def look(alert: Alert, now: datetime) -> Preflight:
    """Tell what would go out if the alert were issued now.

    Args:
        alert: saved, with areas and infos.
        now: the time.
    """
    found = Preflight()
    touched = reaches(alert.areas.all())
    found.posts = competent_posts(touched, ministry=alert.ministry, on=now.date())
    complete = [info.language for info in alert.infos.all() if info.complete]
    if not complete:
        kind = situation(alert.situation)
        lacking = sorted({kind.label(name, "en") for info in alert.infos.all() for name in info.missing})
        found.problems.append(f"No language is complete yet. Still to fill in: {', '.join(lacking)}.")
    if not found.posts:
        names = ", ".join(country_name(reach.country, "en") for reach in touched) or "this area"
        found.problems.append(f"No post of ours is competent for {names}: there is nobody to speak for.")
    else:
        _plan_accounts(alert, found, complete)
        found.cells = cells(alert, touched, now)
        _plan_notices(alert, found, complete)
    _ticks(alert, found, complete)
    if complete and found.posts and not found.publishing and not found.contacts and not alert.references_id:
        found.problems.append(
            "No account would publish it and no citizen would receive it: an empty target is refused."
        )
    return found


def _plan_accounts(alert: Alert, found: Preflight, complete: list[str]) -> None:
    ticked = set(alert.ticked_accounts.values_list("pk", flat=True))
    connected = set(Credential.objects.filter(account__is_home=True).values_list("account", flat=True))
    accounts = list(accounts_for(found.posts, ministry=alert.ministry))
    earlier = _published_before(alert)
    found.corrected = len(earlier)
    known = {account.pk for account in accounts}
    # What was told must be corrected there, wherever the danger is now.
    accounts += [account for account in earlier if account.pk not in known]
    ticked |= {account.pk for account in earlier}
    for account in accounts:
        if account.broadcast == Account.Broadcast.ASK and account.pk not in ticked:
            found.unticked.append(account)
            continue
        used = account.shadow if alert.exercise else account
        obstacle = lasting_obstacle(used, connected=used.pk in connected)
        plan = _plan(alert, account, used, found, complete)
        found.plans.append(replace(plan, skipped=obstacle[1]) if obstacle else plan)


def _published_before(alert: Alert) -> list[Account]:
    """Return the registered accounts on which something of the alert's chain stands."""
    if alert.references_id is None:
        return []
    used = [rows[0].account for rows in standing(alert.code).values()]
    return [account.shadow_of or account for account in used]


def _plan(alert: Alert, account: Account, used: Account, found: Preflight, complete: list[str]) -> AccountPlan:
    speaks = _speaks(alert, account)
    languages = tuple(language for language in speaks if language in complete)
    missing = tuple(language for language in speaks if language not in complete)
    held, texts = "", []
    if catalog.spec(account.platform) is None:
        held = f"Nothing publishes on {account.platform.capitalize()} by itself: publish there by hand."
    elif not languages:
        held = f"None of its languages ({', '.join(speaks)}) is complete."
    else:
        texts = _texts(alert, account.platform, "alert", languages, found)
        _texts(alert, account.platform, "retraction", languages, found)
    return AccountPlan(account, used, languages, missing, tuple(texts), held)


def _speaks(alert: Alert, account: Account) -> tuple[str, ...]:
    """Return an account's languages; a list of its own is its own decision, the ministry's may take turns."""
    house = alert.ministry
    if house.rotate_first and (not account.languages or account.languages == house.languages):
        post = account.holder.post
        speaker = post.code if post else account.holder.name
        return in_turn(house.languages, house.required_languages, turn(alert.pk, speaker))
    return tuple(account.languages or house.languages)


def _texts(alert: Alert, platform: str, form: str, languages: tuple[str, ...], found: Preflight) -> list[Publication]:
    key = (platform, form, languages)
    if key in found.texts:
        return found.texts[key]
    spec = catalog.spec("telegram" if platform == NOTICE else platform)
    assert spec is not None  # noqa: S101 - asked for above
    layout_name = NOTICE if platform == NOTICE else spec.layout
    kind = situation(alert.situation)
    texts: list[Publication] = []
    try:
        texts = render(
            kind, form, languages, alert.slots, frame(alert),
            layout_name=layout_name, limit=spec.text_limit, measure=spec.measure,
            required=alert.ministry.required_languages, threads=spec.threads and platform != NOTICE,
        )  # fmt: skip
    except TooLong as error:
        found.too_long.append((platform, languages))
        found.problems.append(
            f"{spec.name}, {'/'.join(languages)}: even the shortest form has {error.units} of {error.limit} {spec.unit}. "
            "Shorten what you wrote."
        )
    found.texts[key] = texts
    return texts


def _plan_notices(alert: Alert, found: Preflight, complete: list[str]) -> None:
    for language in complete:
        if texts := _texts(alert, NOTICE, "alert", (language,), found):
            found.notices[language] = texts[0]
        _texts(alert, NOTICE, "retraction", (language,), found)
    if found.notices:
        first = next(iter(found.notices))
        found.fallbacks = {code: first for code in alert.ministry.languages if code not in found.notices}


def _ticks(alert: Alert, found: Preflight, complete: list[str]) -> None:
    speaking = {plan.account.holder.post_id for plan in found.plans if plan.account.holder.kind == Holder.Kind.POST}
    found.names |= {post.code: post.name for post in found.posts}
    found.names |= {str(plan.account): plan.shown for plan in found.plans}
    _need(found, "posts_without_account", [post.code for post in found.posts if post.pk not in speaking])
    _need(found, "skipped_accounts", [str(plan.account) for plan in found.plans if plan.skipped and not plan.held])
    _need(found, "missing_languages", [code for code in alert.ministry.required_languages if code not in complete])
    if alert.mode == Mode.LIVE:
        texts = situation(alert.situation).texts
        _need(found, "unreviewed_texts", [code for code in complete if not texts[code].reviewed])
        entries = [value["entry"] for value in alert.slots.values() if "entry" in value]
        unverified = DirectoryEntry.objects.filter(pk__in=entries, verified_on=None)
        _need(found, "unverified_numbers", [entry.value for entry in unverified])


def _need(found: Preflight, kind: str, items: Iterable[str]) -> None:
    if listed := list(items):
        found.ticks[kind] = listed
