"""What would go out, as a preview and an approval show it: each language's text once, then what each platform gets of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.tocsin import area_name, coached
from crisis import clock
from crisis.alerts.card import CardText, card
from crisis.alerts.editions import editions_of, in_use
from crisis.alerts.models import Alert, Info, State
from crisis.audience.models import Contact
from crisis.broadcast.cards import shows_card
from crisis.broadcast.models import NOTICES, notice_texts
from crisis.broadcast.plans import AccountPlan
from crisis.broadcast.preflight import Preflight
from crisis.broadcast.targeting import known
from crisis.broadcast.ways import by_every_way, spec_of
from crisis.checkins.reminding import reminder
from crisis.health.queries import Fitness, fitness
from crisis.language import spoken
from crisis.registry.queries import imported_at
from crisis.wording import coach
from crisis.wording.catalogue import Texts, situation
from crisis.wording.forms import sources
from crisis.wording.render import Publication
from crisis.wording.slots import place_text
from platforms import catalog
from platforms.contract import PlatformSpec


@dataclass(slots=True)
class LanguageText:
    """What an alert says in one language, in its fullest form: the private message to a citizen.

    Attributes:
        code: the language's.
        text: the message, or None where there is none.
        missing: the slots that nobody has filled in.
        too_long: whether even its shortest form does not fit.
        sources: the texts that speak, which know who wrote and who reviewed them.
        own_words: whether something in it was written for this alert, and so reviewed by nobody.
        first: it is the first that is read, and stands open.
    """

    code: str
    text: Publication | None
    missing: Sequence[str] = ()
    too_long: bool = False
    sources: list[Texts] = field(default_factory=list)
    own_words: bool = False
    first: bool = False

    @property
    def reviewed(self) -> bool:
        """Whether native speakers have put their names to all the texts that speak."""
        return bool(self.sources) and all(texts.reviewed for texts in self.sources)

    @property
    def reviewers(self) -> str:
        """Who has reviewed them, each once."""
        return ", ".join(dict.fromkeys(texts.reviewed_by for texts in self.sources))

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with it; it stands open then."""
        return bool(self.missing) or self.too_long


@dataclass(slots=True)
class Group:
    """The texts of one platform in some languages, with the accounts that publish them."""

    languages: tuple[str, ...]
    texts: Sequence[Publication]
    plans: list[AccountPlan] = field(default_factory=list)

    @property
    def follow(self) -> int:
        """How many of them continue another."""
        return sum(text.follows for text in self.texts)


@dataclass(slots=True)
class Variant:
    """What one platform gets, or the citizens of one way.

    Attributes:
        spec: the platform or the way.
        groups: its texts, by the languages that they are in.
        wrong: what is wrong with it, each in some words; it stands open then.
    """

    spec: PlatformSpec
    groups: list[Group] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[Publication]:
        """All its texts."""
        return [text for group in self.groups for text in group.texts]

    @property
    def longest(self) -> int:
        """The length of its longest text, in its own unit."""
        return max((text.units for text in self.texts), default=0)

    @property
    def shortened(self) -> bool:
        """Whether one of them leaves something out that nothing else there says."""
        return any(text.shortened for text in self.texts)

    @property
    def accounts(self) -> str:
        """On how many accounts it is published."""
        n = sum(len(group.plans) for group in self.groups)
        return ngettext("%(n)d account", "%(n)d accounts", n) % {"n": n}


def confirm_sentence(alert: Alert, found: Preflight) -> str:
    """Return the sentence that the approver agrees to: mode, hazard, place, accounts, people, and how many notices they get.

    A text may name one town while a whole country is told: then it says both.
    """
    accounts, people, notices = len(found.publishing), found.people, found.contacts
    parts = [
        alert.get_mode_display(),
        situation(alert.situation).name(spoken()),
        _place(alert),
        ngettext("%(n)d account", "%(n)d accounts", accounts) % {"n": accounts},
        ngettext("%(n)d person", "%(n)d people", people) % {"n": people},
        ngettext("%(n)d notice", "%(n)d notices", notices) % {"n": notices},
    ]
    return " – ".join(parts)


def _place(alert: Alert) -> str:
    place = place_text(alert.slots["place"], spoken())
    told = ", ".join(area_name(area) for area in alert.areas.all())
    return place if place == told else _("%(place)s (told: %(areas)s)") % {"place": place, "areas": told}


def shown(found: Preflight, alert: Alert) -> dict[str, Any]:
    """Return a preflight as the preview shows it: each text once, with the accounts that publish it."""
    fit, infos = fitness(found, clock.now()), list(alert.infos.all())
    retractions = [
        {"platform": platform, "languages": languages, "texts": texts}
        for (platform, form, languages), texts in found.texts.items()
        if form == "retraction"
    ]
    variants, ways = _variants(found, fit), _ways(found)
    languages, said = _languages(found, alert, infos), _coach(found, alert)
    everywhere = [*variants, *ways]
    return {
        "alert": alert,
        "found": found,
        "sentence": confirm_sentence(alert, found),
        "every_way": by_every_way(alert),
        "fit": fit,
        "languages": languages,
        "unreviewed": not any(each.reviewed for each in languages),
        "variants": variants,
        "ways": ways,
        "everywhere": everywhere,
        "shortened": [variant for variant in everywhere if variant.shortened],
        "wrong": [variant for variant in everywhere if variant.wrong],
        "held": _together((plan.held, plan) for plan in found.plans if plan.held and not plan.by_hand),
        "skipped": _together((plan.skipped, plan) for plan in found.plans if plan.skipped and not plan.held),
        "notice_spec": catalog.spec("telegram"),
        "retractions": [group for group in retractions if group["platform"] not in NOTICES],
        "coach": said,
        "complete": all(each.text for each in languages),
        "lacking": [str(coached(about)) for about, words in said.items() if words],
        "newer": alert.state == State.DRAFT and editions_of(in_use(alert.situation)) != alert.editions,
        "lacks": _lacks(alert, infos),
        "known": known(alert, found.cells),
        "imported_at": imported_at(alert.ministry),
        "verified": sorted(plan.account.verified_on for plan in found.publishing if plan.account.verified_on),
        "reminders": [(code, reminder(alert, "telegram", code)) for code in found.notices]
        if alert.remind_after
        else [],
        "cards": _cards(found, alert),
        "undrawn": [(languages, why) for (_, languages), why in found.cards.items() if isinstance(why, str)],
    }


def _together(plans: Iterable[tuple[str, AccountPlan]]) -> list[tuple[str, list[AccountPlan]]]:
    """Return plans by what stands in their way, so that each reason is said once."""
    found: dict[str, list[AccountPlan]] = {}
    for why, plan in plans:
        found.setdefault(why, []).append(plan)
    return list(found.items())


def _languages(found: Preflight, alert: Alert, infos: Iterable[Info]) -> list[LanguageText]:
    """Return what the alert says in each language, the reader's own first."""
    used = sources(found.kind, alert.slots)
    private = notice_texts(Contact.Kind.TELEGRAM)
    said: list[LanguageText] = []
    for info in sorted(infos, key=lambda info: info.language != spoken()):
        code = info.language
        own = any(value["free"].get(code) for value in alert.slots.values() if "free" in value)
        text, too_long = found.notices.get(code), (private, (code,)) in found.too_long
        if info.complete:
            texts = [kind.texts[code] for kind in used]
            said.append(LanguageText(code, text, (), too_long, texts, own, first=not said))
        else:
            said.append(LanguageText(code, None, info.missing, first=not said))
    return said


def _variants(found: Preflight, fit: Fitness) -> list[Variant]:
    """Return what each platform gets, and what is wrong with it."""
    variants: dict[str, Variant] = {}
    groups: dict[tuple[str, tuple[str, ...]], Group] = {}
    for plan in [*found.publishing, *found.by_hand]:
        platform = plan.account.platform
        spec = catalog.spec(platform)
        if spec is None:
            continue
        variant = variants.setdefault(platform, Variant(spec))
        if (platform, plan.languages) not in groups:
            groups[platform, plan.languages] = Group(plan.languages, plan.publications)
            variant.groups.append(groups[platform, plan.languages])
        groups[platform, plan.languages].plans.append(plan)
    for platform, variant in variants.items():
        variant.wrong = _wrong(platform, variant, found, fit)
    return list(variants.values())


def _wrong(platform: str, variant: Variant, found: Preflight, fit: Fitness) -> list[str]:
    """Return what is wrong with what a platform gets, in some words each."""
    used = {str(plan.used) for group in variant.groups for plan in group.plans}
    long = sum(1 for name, _languages in found.too_long if name == platform)
    over = sum(1 for text in variant.texts if not variant.spec.by_hand and text.units > variant.spec.text_limit)
    dead, dry = len(used.intersection(fit.dead)), len(used.intersection(fit.out_of_credit))
    said = (
        (long + over, ngettext("%(n)d text too long", "%(n)d texts too long", long + over) % {"n": long + over}),
        (dead, ngettext("%(n)d access dead", "%(n)d accesses dead", dead) % {"n": dead}),
        (dry, _("%(n)d out of credit") % {"n": dry}),
    )
    return [words for number, words in said if number]


def _ways(found: Preflight) -> list[Variant]:
    """Return what citizens get by each way but Telegram's, whose messages stand in full already."""
    ways = []
    for kind in found.ways:
        if kind == Contact.Kind.TELEGRAM:
            continue
        name = notice_texts(kind)
        groups = [
            Group(languages, texts)
            for (platform, form, languages), texts in found.texts.items()
            if (platform, form) == (name, "alert")
        ]
        long = sum(1 for platform, _languages in found.too_long if platform == name)
        words = [ngettext("%(n)d text too long", "%(n)d texts too long", long) % {"n": long}] if long else []
        ways.append(Variant(spec_of(kind), groups, words))
    return ways


def _coach(found: Preflight, alert: Alert) -> dict[str, str]:
    """Return which of the six things an alert lacks, each with what to do; blank where it is there."""
    earlier = alert.references if alert.msg_type == Alert.MsgType.UPDATE else None
    return coach.read(
        coach.Draft(
            kind=found.kind,
            slots=alert.slots,
            source=alert.ministry.names,
            languages=alert.ministry.languages,
            earlier=earlier.slots if earlier else None,
            speaks=spoken(),
        )
    )


def _lacks(alert: Alert, infos: Sequence[Info]) -> list[tuple[str, str]]:
    """Return of every field of the form what it still lacks: a language, "*" for the slot itself, or nothing."""
    slots = situation(alert.situation).slots
    free = [
        (f"slot_{slot.name}_{info.language}", info.language if slot.name in info.missing else "")
        for slot in slots
        for info in infos
        if slot.kind == "free"
    ]
    others = [slot.name for slot in slots if slot.kind != "free"]
    return free + [(f"slot_{name}", "*" if any(name in info.missing for info in infos) else "") for name in others]


def _cards(found: Preflight, alert: Alert) -> list[dict[str, Any]]:
    """Return the cards that would be published, each once, with the platforms that show it."""
    shown_by: dict[CardText, set[str]] = {}
    for plan in found.publishing:
        spec = catalog.spec(plan.account.platform)
        for text in plan.publications if spec and shows_card(spec, alert.ministry) else ():
            if said := found.card("alert", text, plan.languages):
                shown_by.setdefault(said, set()).add(spec.name if spec else "")
    return [
        {"languages": said.languages, "alt": card(alert, "alert", said).alt, "platforms": sorted(names)}
        for said, names in shown_by.items()
    ]
