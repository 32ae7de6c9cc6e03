"""What would go out, to whom, and what stands in its way: asked while composing, before submitting, and again when issuing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.areas import reaches
from crisis.alerts.card import CardText, NoCard
from crisis.alerts.card import compose as compose_card
from crisis.alerts.editions import kind_of
from crisis.alerts.models import Alert
from crisis.alerts.operations import frame
from crisis.alerts.queries import unreviewed
from crisis.audience.models import Contact
from crisis.broadcast.cards import shows_card
from crisis.broadcast.corrections import standing
from crisis.broadcast.models import notice_texts
from crisis.broadcast.plans import BY_HAND, AccountPlan, Cost, WayPlan
from crisis.broadcast.release import lasting_obstacle
from crisis.broadcast.targeting import Cell, cells
from crisis.broadcast.ways import spec_of
from crisis.language import spoken
from crisis.places.names import country_name
from crisis.registry.models import Account, Credential, DirectoryEntry, Holder, Mode, Post
from crisis.registry.queries import accounts_for, competent_posts
from crisis.wording.catalogue import Situation
from crisis.wording.fit import TooLong
from crisis.wording.languages import in_turn, turn
from crisis.wording.render import Publication, cap_texts, render
from platforms import catalog
from platforms.contract import PlatformSpec

FORMS = ("alert", "retraction")
# What needs a tick by the officer, each with the sentence that is ticked.
TICKS = {
    "posts_without_account": gettext_lazy("These posts have no public account of their own: {items}."),
    "missing_languages": gettext_lazy("These languages, which the ministry requires, are not complete: {items}."),
    "unreviewed_texts": gettext_lazy("No native speaker has reviewed the text in: {items}."),
    "unverified_numbers": gettext_lazy(
        "This number or link is not in the directory any more, or nobody has verified it lately: {items}."
    ),
    "skipped_accounts": gettext_lazy(
        "Nothing will stand on these accounts, which are paused or not connected: {items}."
    ),
}


class Refused(Exception):
    """The alert may not leave as it is; the message says why and what to do."""


@dataclass(slots=True)
class Preflight:
    """What would happen if the alert were issued now.

    Attributes:
        kind: the situation, with the words that the alert was written with.
        problems: what forbids it.
        ticks: what needs the officer's tick, by kind; `names` how its sentence calls an item, where that is not the item itself.
        ways: by which kinds of contacts somebody is written to, first or in reserve, Telegram always.
        notices: the private text by language, of Telegram; `fallbacks` which language speaks for a missing one.
        corrected: on so many accounts something of the alert's chain stands.
        too_long: (platform, languages) whose shortest form is over the limit.
        retractions: by (platform, languages), the texts that stand ready.
        cards: by (form, languages) what the card says that is published with a text in these languages, or why there is none.
    """

    kind: Situation
    posts: list[Post] = field(default_factory=list)
    plans: list[AccountPlan] = field(default_factory=list)
    unticked: list[Account] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    notices: dict[str, Publication] = field(default_factory=dict)
    fallbacks: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, str, tuple[str, ...]], list[Publication]] = field(default_factory=dict)
    corrected: int = 0
    too_long: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ticks: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    cards: dict[tuple[str, tuple[str, ...]], CardText | str] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """How many citizens' contacts would be written to: as many notices."""
        return sum(reached.contacts for cell in self.cells for reached in cell.by_way.values())

    @property
    def people(self) -> int:
        """For how many people those answer, each counted once."""
        return sum(cell.people for cell in self.cells)

    @property
    def by_way(self) -> list[WayPlan]:
        """How many people each way reaches: everybody stands in the one that they prefer, or in each of theirs at once."""
        found = []
        for kind in self.ways:
            reached = [cell.by_way[kind] for cell in self.cells if kind in cell.by_way]
            texts = [
                text for (name, form, _), told in self.texts.items() if (name, form) == (kind, "alert") for text in told
            ]
            longest = max((text.units for text in texts), default=0)
            people, contacts = sum(each.people for each in reached), sum(each.contacts for each in reached)
            reserve = sum(each.reserve for each in reached)
            most = settings.DAILY_PEOPLE.get(kind, 0)
            found.append(WayPlan(spec_of(kind), people, contacts, longest, most, reserve))
        return found

    @property
    def publishing(self) -> list[AccountPlan]:
        """The accounts that would publish by themselves."""
        return [plan for plan in self.plans if not plan.held and not plan.skipped]

    @property
    def by_hand(self) -> list[AccountPlan]:
        """The accounts on which a person publishes, and has the text for it."""
        return [plan for plan in self.plans if plan.by_hand]

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

    def card(self, form: str, publication: Publication, speaks: Iterable[str]) -> CardText | None:
        """Return what the card says that is published with a text: in its languages, else in the account's next one.

        Args:
            form: "alert" or "retraction".
            publication: the text; what continues another has none.
            speaks: all the languages of the account.
        """
        if publication.follows:
            return None
        wanted = (publication.languages, *((language,) for language in speaks))
        found = (self.cards.get((form, languages)) for languages in wanted)
        return next((card for card in found if isinstance(card, CardText)), None)

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
    found = Preflight(kind_of(alert))
    touched = reaches(alert.areas.all())
    found.posts = competent_posts(touched, ministry=alert.ministry, on=now.date())
    complete = [info.language for info in alert.infos.all() if info.complete]
    if not complete:
        lacking = sorted({found.kind.label(name, spoken()) for info in alert.infos.all() for name in info.missing})
        found.problems.append(
            _("No language is complete yet. Still to fill in: %(what)s.") % {"what": ", ".join(lacking)}
        )
    if not found.posts:
        names = ", ".join(country_name(reach.country, spoken()) for reach in touched) or _("this area")
        found.problems.append(
            _("No post of ours is competent for %(where)s: there is nobody to speak for.") % {"where": names}
        )
    else:
        _plan_accounts(alert, found, complete)
        found.cells = cells(alert, touched, now)
        _plan_notices(alert, found, complete)
    _ticks(alert, found, complete, now)
    somebody = found.publishing or found.by_hand or found.contacts
    if complete and found.posts and not somebody and not alert.references_id:
        found.problems.append(
            _("No account would publish it and no citizen would receive it: an empty target is refused.")
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
        if obstacle:
            plan = replace(plan, skipped=obstacle[1], held="" if plan.by_hand else plan.held)
        found.plans.append(plan)


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
    held, reason, texts = "", "", []
    spec = catalog.spec(account.platform)
    if spec is None:
        reason = BY_HAND
        held = _("Nothing publishes on %(platform)s by itself: publish there by hand.") % {
            "platform": account.platform.capitalize()
        }
    elif not languages:
        reason = "no_language"
        held = _("None of its languages (%(languages)s) is complete.") % {"languages": ", ".join(speaks)}
    else:
        texts = _texts(alert, account.platform, "alert", languages, found)
        _texts(alert, account.platform, "retraction", languages, found)
        if spec.by_hand:
            reason = BY_HAND
            held = _("A person publishes there: the text stands ready to be copied once it is issued.")
        why = _no_card(alert, spec.slug, languages, found) if shows_card(spec, alert.ministry) else ""
        if why and spec.picture == "must":
            texts, reason = [], "no_card"
            held = _("%(platform)s shows nothing without a picture, and none can be drawn: %(why)s.") % {
                "platform": spec.name,
                "why": why,
            }
    return AccountPlan(account, used, languages, missing, tuple(texts), held, reason=reason)


def _no_card(alert: Alert, platform: str, languages: tuple[str, ...], found: Preflight) -> str:
    """Compose the cards that go with an account's texts; return why one of them goes without, or blank."""
    for form in FORMS:
        for text in found.texts[platform, form, languages]:
            wanted = [] if text.follows else [text.languages, *((language,) for language in languages)]
            why = ""
            for each in wanted:
                if not (reason := _compose(alert, form, each, found)):
                    why = ""
                    break
                why = why or reason
            if why:
                return why
    return ""


def _compose(alert: Alert, form: str, languages: tuple[str, ...], found: Preflight) -> str:
    """Compose the card in some languages, once; return why there is none, or blank."""
    key = (form, languages)
    if key not in found.cards:
        try:
            found.cards[key] = compose_card(alert, form, languages)
        except NoCard as error:
            found.cards[key] = str(error)
    card = found.cards[key]
    return card if isinstance(card, str) else ""


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
    spec = catalog.spec(platform)
    assert spec is not None  # noqa: S101 - asked for above
    return _rendered(alert, spec, form, languages, found, key=key, layout_name=spec.layout, threads=spec.threads)


def _rendered(
    alert: Alert, spec: PlatformSpec, form: str, languages: tuple[str, ...], found: Preflight, *,
    key: tuple[str, str, tuple[str, ...]], layout_name: str, threads: bool,
) -> list[Publication]:  # fmt: skip
    texts: list[Publication] = []
    try:
        texts = render(
            found.kind, form, languages, alert.slots, frame(alert),
            layout_name=layout_name, limit=spec.text_limit, measure=spec.measure,
            required=alert.ministry.required_languages, threads=threads,
        )  # fmt: skip
    except TooLong as error:
        found.too_long.append((key[0], languages))
        found.problems.append(
            _(
                "%(platform)s, %(languages)s: even the shortest form has %(units)d of %(limit)d %(unit)s. Shorten what you "
                "wrote."
            )
            % {
                "platform": spec.name,
                "languages": "/".join(languages),
                "units": error.units,
                "limit": error.limit,
                "unit": _(spec.unit),
            }
        )
    found.texts[key] = texts
    return texts


def _plan_notices(alert: Alert, found: Preflight, complete: list[str]) -> None:
    found.ways = _ways(alert, found)
    for kind in found.ways:
        for language in complete:
            told = _private(alert, kind, "alert", language, found)
            if told and kind == Contact.Kind.TELEGRAM:
                found.notices[language] = told[0]
            _private(alert, kind, "retraction", language, found)
    if found.notices:
        first = next(iter(found.notices))
        found.fallbacks = {code: first for code in alert.ministry.languages if code not in found.notices}


def _ways(alert: Alert, found: Preflight) -> list[str]:
    """Return the ways by which somebody is meant, or was told of what this corrects; Telegram's bot tells whoever comes late."""
    meant = {kind for cell in found.cells for kind in cell.by_way} | {Contact.Kind.TELEGRAM}
    if alert.references is not None:
        meant |= set(alert.references.notice_runs.values_list("kind", flat=True))
    return [kind for kind in Contact.Kind.values if kind in meant]


def _private(alert: Alert, kind: str, form: str, language: str, found: Preflight) -> list[Publication]:
    """Return what one way carries in a language, with its subject where the way has one."""
    spec, name = spec_of(kind), notice_texts(kind)
    key = (name, form, (language,))
    if key not in found.texts:
        _rendered(alert, spec, form, (language,), found, key=key, layout_name=name, threads=False)
        if spec.subjects:
            told = cap_texts(found.kind, form, language, alert.slots, frame(alert))
            found.texts[key] = [replace(text, subject=told.headline) for text in found.texts[key]]
    return found.texts[key]


def _ticks(alert: Alert, found: Preflight, complete: list[str], now: datetime) -> None:
    speaking = {plan.account.holder.post_id for plan in found.plans if plan.account.holder.kind == Holder.Kind.POST}
    found.names |= {post.code: post.name for post in found.posts}
    found.names |= {str(plan.account): plan.shown for plan in found.plans}
    _need(found, "posts_without_account", [post.code for post in found.posts if post.pk not in speaking])
    _need(found, "skipped_accounts", [str(plan.account) for plan in found.plans if plan.skipped and not plan.held])
    _need(found, "missing_languages", [code for code in alert.ministry.required_languages if code not in complete])
    if alert.mode == Mode.LIVE:
        _need(found, "unreviewed_texts", unreviewed(alert))
        _need(found, "unverified_numbers", _doubtful(alert, now))


def _doubtful(alert: Alert, now: datetime) -> list[str]:
    """Return the alert's numbers and links whose check is due, or for which the directory has another one by now, or none."""
    chosen = {value["entry"]: str(value["value"]) for value in alert.slots.values() if "entry" in value}
    sound = {e.pk: e.value for e in DirectoryEntry.objects.filter(pk__in=chosen) if not e.is_stale(now.date())}
    return [value for pk, value in chosen.items() if sound.get(pk) != value]


def _need(found: Preflight, kind: str, items: Iterable[str]) -> None:
    if listed := list(items):
        found.ticks[kind] = listed
