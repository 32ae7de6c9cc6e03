"""Two posts in one alert: whatever one post's staff may see and touch stands beside what is another post's."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern

from console import access
from console.urls import urlpatterns
from console.views.gathering import in_reach as gatherings
from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.lists import Likeness, Upload
from crisis.audience.models import Citizen
from crisis.broadcast.models import Delivery
from crisis.checkins import reach
from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.enquiries import Sought, take
from crisis.checkins.models import Case, CheckIn, LadderStep, Safety
from crisis.checkins.operations import record
from crisis.checkins.reports import Told, report
from crisis.checkins.seeking import Enquiry
from crisis.checkins.unverified import Letter, Report
from crisis.encryption import lock, seal
from crisis.gathering.models import Gathering
from crisis.gathering.operations import call
from crisis.registry import directory
from crisis.registry.keeping import Fake
from crisis.registry.models import Account, DirectoryEntry, Holder, Post
from crisis.registry.operations import add_account
from crisis.registry.yearly import in_reach as yearly
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.roster import Shift
from tests.functional.factories import NOW, citizen, issued

# Whoever comes to the door has no role yet, and whoever leaves needs none.
OPEN = {"login", "logout"}
TEXTS = dict.fromkeys(("nl", "fr", "de", "en"), "Come to the school.")


@dataclass(frozen=True, slots=True)
class Side:
    """One post, and one row of each kind that is its own; its word stands wherever a page could show it."""

    word: str
    post: Post
    citizen: Citizen
    case: Case
    report: Report
    letter: Letter
    step: LadderStep
    attachment: Attachment
    gathering: Gathering
    enquiry: Enquiry


@dataclass(frozen=True, slots=True)
class World:
    """An alert that asks, with its own post's rows and another post's."""

    alert: Alert
    own: Side
    other: Side


def world() -> World:
    """Make it."""
    people = {city: citizen(city, name=f"{word} Peeters") for city, word in (("Tokyo", "Quokka"), ("Seoul", "Wombat"))}
    alert = issued(countries=["JP", "KR"])
    sides = [_side(alert, contact.citizen, contact.citizen.name.split()[0]) for contact in people.values()]
    return World(alert, *sides)


def _side(alert: Alert, person: Citizen, word: str) -> Side:
    told = record(
        rollcall=alert.rollcall, citizen=person, contact=None, safety=Safety.NEEDS_HELP, source=CheckIn.Source.STAFF,
        ref=f"phone-{word}", now=clock.now(), text=f"{word} is trapped",
    )  # fmt: skip
    post, case = told.checkin.post, Case.objects.get(citizen=person)
    assert post is not None
    account = Account.objects.filter(holder__post=post, mode="live").first() or add_account(
        holder=post.holder, platform="x", address=word.lower(), now=NOW
    )
    key, sealed = lock(b"\xff\xd8\xff")
    attachment = Attachment.objects.create(
        checkin=told.checkin, case=case, kind="photo", media_type="image/jpeg", size=3, state=Attachment.State.KEPT,
        key=key, not_before=NOW, at=NOW,
    )  # fmt: skip
    Content.objects.create(attachment=attachment, sealed=sealed)
    DirectoryEntry.objects.create(
        ministry=post.ministry, post=post, kind="link", purpose="advice", value=f"https://{word.lower()}.example/"
    )
    silent = citizen("", name=f"{word} Silent").citizen
    city = post.city
    return Side(
        word, post, person, case,
        report(
            told=Told(said=Report.Said.NEEDS_HELP, people=1, language="en", names=f"{word} Reported", where=city),
            alert=alert, really=False, form=f"{word:0<32}"[:32], source=CheckIn.Source.WEB, now=clock.now(),
        ),
        Letter.objects.create(
            way="public", account=account, ref=word, author_key=word, author=seal(f"x:{word}"), mode="exercise",
            post=post, text=f"{word} writes", written_at=NOW, received_at=NOW, alert=alert,
        ),
        LadderStep.objects.create(
            rollcall=alert.rollcall, citizen=silent, step=LadderStep.Step.PERSON, post=post, at=NOW
        ),
        attachment,
        call(
            rollcall=alert.rollcall, citizens=[person], texts=TEXTS, expires_at=clock.now() + timedelta(hours=2),
            by=Officer.objects.get(username="officer"), now=clock.now(), post=post,
        ),
        take(
            told=Sought(
                name=f"{word} Sought", asker=f"{word} Relative", relation=Enquiry.Relation.PARENT,
                asker_contact=("email", f"{word.lower()}@example.org"), language="en", where=city,
            ),
            source=CheckIn.Source.WEB, form=word, now=clock.now(), alert=alert,
        ),
    )  # fmt: skip


def member(role: Role, made: World, *, bound: bool = False) -> Officer:
    """Make somebody of the staff: bound to the own post, or as far as the role goes; a volunteer is of this rollcall."""
    officer = Officer.objects.create_user(f"a-{role}", password="a long password of theirs")
    of_one = {"rollcall": made.alert.rollcall, "expires_at": clock.now() + timedelta(days=1)}
    grant = Grant.objects.create(
        officer=officer, role=role, granted_at=NOW, bound=bound, **(of_one if role == Role.VOLUNTEER else {})
    )
    if bound:
        grant.posts.set([made.own.post])
    return officer


# --- the address table ------------------------------------------------------------------------------------------------------

# Whose row stands in an address, by what its view says of it.
_ROW_OF: dict[Any, Any] = {
    reach.cases: lambda side, _: side.case,
    reach.reports: lambda side, _: side.report,
    reach.letters: lambda side, _: side.letter,
    reach.steps: lambda side, _: side.step,
    reach.attachments: lambda side, _: side.attachment,
    reach.citizens: lambda side, _: side.citizen,
    reach.enquiries: lambda side, _: side.enquiry,
    reach.rollcalls: lambda _, made: made.alert.rollcall,
    gatherings: lambda side, _: side.gathering,
    yearly: lambda side, _: side.post,
    directory.in_reach: lambda side, _: DirectoryEntry.objects.get(post=side.post, purpose="advice"),
}
# Addresses with a number that is no one post's: alerts, publications, accounts, lists, the staff. A view that shows people
# never stands here: it says whose row it is about.
_NOBODYS: dict[str, Any] = {
    **dict.fromkeys(
        ["alert", "card", "progress", "edit", "submit", "recall", "discard", "approve", "reject", "stop", "update", "end",
         "retract", "after", "rings", "alone", "retry"], lambda made: made.alert.pk,
    ),
    # A post's kit is its numbers and blank forms, a shift a colleague's hours: nobody's answer stands in them.
    "kit": lambda made: made.own.post,
    "post_letter": lambda made: made.own.post,
    "remove_shift": lambda _: Shift.objects.first(),
    **dict.fromkeys(["decide", "hand"], lambda made: Delivery.objects.filter(alert=made.alert).first()),
    **dict.fromkeys(
        ["connection", "invite", "release", "pause", "change_account"],
        lambda _: Account.objects.filter(is_home=True, mode="live").first(),
    ),
    **dict.fromkeys(
        ["list", "list_columns", "list_bring", "list_discard", "list_bad"], lambda _: Upload.objects.first()
    ),
    # Who speaks beside the posts, and what passes for ours, is the whole ministry's.
    "holder": lambda _: Holder.objects.exclude(kind="post").first(),
    "fake_gone": lambda _: Fake.objects.first(),
    "decide_alike": lambda _: Likeness.objects.first(),
    **dict.fromkeys(["roles", "take_factor", "end_help", "access"], lambda _: Officer.objects.get(username="clerk")),
}  # fmt: skip


def views() -> list[URLPattern]:
    """Return every address of the console that asks for a right."""
    return [pattern for pattern in urlpatterns if pattern.name not in OPEN]


def right_of(pattern: URLPattern) -> Any:
    """Return the right that a view names."""
    assert hasattr(pattern.callback, "right"), f"{pattern.name}: open it with console.access.allowed(Right...)"
    return pattern.callback.right


def rows_of(pattern: URLPattern) -> access.Rows | None:
    """Return whose row a view says that it is about."""
    found: access.Rows | None = vars(pattern.callback)["of"]
    return found


def path_of(pattern: URLPattern, made: World, side: Side) -> str:
    """Fill an address in."""
    path = str(pattern.pattern)
    if "<key:pk>" in path:
        of = rows_of(pattern)
        known = of in _ROW_OF if of else pattern.name in _NOBODYS
        assert known, f"{pattern.name}: say whose row it is, allowed(right, of=...), or here that it is nobody's"
        row = _ROW_OF[of](side, made) if of else _NOBODYS[str(pattern.name)](made)
        path = path.replace("<key:pk>", str(getattr(row, "pk", row) or 1))
    path = path.replace("<mode:mode>", "exercise").replace("<slug:language>", "en")
    return "/console/" + re.sub(r"<slug:\w+>", "earthquake", path)
