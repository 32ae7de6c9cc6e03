"""Every address of the house, filled in: run in a demo's own shell, after its first drill, by whoever looks at all its pages."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

from django.urls import URLPattern, URLResolver, get_resolver

from crisis import clock
from crisis.audience import leaving, likenesses, links, uploads
from crisis.audience.models import Link
from crisis.checkins import own_links, tracing
from crisis.checkins.seeking import Enquiry
from crisis.registry.invitations import invite
from crisis.registry.models import Account, Post
from crisis.registry.queries import home_ministry
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.operations import add_officer
from tests.functional.factories import drafted, reachable, submitted
from tests.functional.two_posts import World, path_of, views, world

ROWS = b"name;city;country;email\nZoe;Cologne;DE;zoe@example.org\nBad;Atlantis;DE;bad@example.org\n"
# Spoken between machines, or nobody's page.
MACHINES = ("receipts/", "telegram/", "metrics", "healthz", "readyz", "console/")


def everything() -> World:
    """Make one row of each kind, and let the approver see all of it, who wrote none of it."""
    now, made = clock.now(), world()
    approver = Officer.objects.get(username="approver")
    for role in set(Role) - {Role.VOLUNTEER}:
        Grant.objects.get_or_create(officer=approver, role=role, defaults={"granted_at": now})
    add_officer(username="helped", name="Hanna Helped", password="", roles=[Role.CLERK], now=now, is_demo=True)
    likenesses.propose(citizen=made.own.citizen, other=made.other.citizen, why="name", now=now)
    origin = uploads.Origin("list.csv", "Sun Tours", "Vital interest", (now + timedelta(days=30)).date(), "en")
    uploads.take_in(data=ROWS, origin=origin, ministry=home_ministry(), by=approver, now=now)
    return made


def _links(made: World) -> dict[str, str]:
    """Return what fills in the addresses that are one person's, or one alert's: by the route's name and what it asks."""
    now, citizen = clock.now(), made.own.citizen
    contact = reachable(citizen.contacts.get(), "email", "quokka@post.example")
    until = now + timedelta(days=1)

    def link(purpose: Link.Purpose) -> str:
        return links.make(citizen=citizen, contact=contact, purpose=purpose, now=now, expires_at=until)

    account = Account.objects.filter(mode="exercise", platform="x", is_home=True)[0]
    own = own_links.token_of(contact_id=contact.pk, rollcall_id=made.alert.rollcall.pk, version=contact.version)
    return {
        "public:own_check_in token": own,
        "public:confirm token": link(Link.Purpose.CONFIRM),
        "public:manage token": link(Link.Purpose.MANAGE),
        "public:stay token": link(Link.Purpose.STAY),
        "public:found token": tracing.token_of(_asked(made)),
        "public:leave token": leaving.token_of(contact.pk, contact.version),
        "public:card token": "none",
        "public:checked_in form": "0" * 32,
        "public:pass code": "ABCDEFGH",
        "public code": made.alert.code,
        "connect:link token": invite(account=account, by=Officer.objects.get(username="approver"), now=now),
        "connect other": "unknown",
        "connect slug": "x",
        "connect pk": str(account.pk),
        "atlas:country code": made.own.post.country,
        "atlas:atom code": made.own.post.country,
        "atlas:platform slug": "facebook",
        "atlas kind": "post",
        "atlas code": Post.objects.filter(country=made.own.post.country, ministry=home_ministry())[0].code,
    }


def _asked(made: World) -> Enquiry:
    """Let the person whom a relative seeks be found, and asked whether the relative may be told."""
    enquiry = made.own.enquiry
    enquiry.citizen, enquiry.asked_at = made.own.citizen, clock.now()
    enquiry.save(update_fields=["citizen", "asked_at"])
    return enquiry


def _routes(resolver: URLResolver, path: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for each in resolver.url_patterns:
        here = path + re.sub(r"^\^|\$$", "", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from _routes(each, here, each.namespace or space)
        else:
            yield space, here, each


def addresses() -> dict[str, list[str]]:
    """Return the paths of every page: those behind the sign-in, and those of everybody; a new address is among them."""
    made = everything()
    known, public = _links(made), []
    for space, path, route in _routes(get_resolver()):
        if path.startswith(MACHINES):
            continue
        full = re.sub(
            r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)",
            lambda found, space=space, route=route: _fill(known, space, str(route.name), found[1] or found[2]),  # type: ignore[misc]
            path,
        )
        public.append(f"/{full}")
    staff = [path_of(pattern, made, made.own) for pattern in views()]
    for alert in (
        drafted(countries=["FR"]),
        submitted(countries=["IT"]),
        submitted(countries=["ES"], slug="office-closed"),
    ):
        staff += [f"/console/exercise/{alert.pk}/", f"/console/exercise/{alert.pk}/edit/"]
    return {"staff": sorted({*staff, *_signing_in()}), "public": sorted({*public, "/console/login/", "/nowhere"})}


def _signing_in() -> list[str]:
    own = {f"/{path}" for _, path, _ in _routes(get_resolver()) if path.startswith("console/account/")}
    return [path for path in own if "<" not in path]


def _fill(known: dict[str, str], space: str, name: str, asked: str) -> str:
    value = known.get(f"{space}:{name} {asked}", known.get(f"{space} {asked}"))
    assert value, f"{space}:{name}: say in tests/browser/every_page.py what stands for {asked}"
    return value


def tell() -> None:
    """Print them, for the test that started this."""
    print(json.dumps(addresses()))  # noqa: T201 - it is what the test reads
