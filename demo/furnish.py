"""Furnishing the demo: users with known passwords, a channel of the whole ministry, shadows on the simulator, citizens."""

import hashlib
import hmac
import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen, Contact, Stay
from crisis.encryption import Secrets
from crisis.places.grid import cell_of, rounded
from crisis.places.names import fold
from crisis.registry.endpoints import app_secrets
from crisis.registry.models import Account, Credential, Holder, Ministry, Mode
from crisis.registry.operations import GONE, NOT_RELEASED, add_account, connect, release_shadow
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer, Role
from crisis.staff.operations import add_officer
from crisis.staff.roster import Duty, Shift, Way
from demo import figures, simulator
from demo.crowd import crowd
from demo.examples import beyond_posts
from demo.state import OPERATIONS_CHAT
from platforms import catalog
from platforms.contract import Handle, PlatformSpec

# Known to everybody, on purpose: live operation refuses to start with users of the demo.
USERS = {
    "officer": ("Dora Duty (duty officer)", "tocsin-officer", [Role.OFFICER]),
    "approver": ("Anton Approver (approver)", "tocsin-approver", [Role.APPROVER, Role.ADMINISTRATOR]),
    "deputy": ("Sofie Second (approver)", "tocsin-deputy", [Role.APPROVER]),
    "clerk": ("Carla Clerk (consular clerk)", "tocsin-clerk", [Role.CLERK]),
}
CHANNEL = "@tocsin_demo_alerts"
STAFF_CHATS = 6_900_000_100  # the first of the chats on the simulator by which staff are rung
ANSWER_WITHIN_S = [0.3, 3.0]
QUESTION = "c:"  # what the buttons under an alert's question send; the crowd presses nothing else of the bot's


def users(now: datetime) -> None:
    """Make the demo's users."""
    for username, (name, password, roles) in USERS.items():
        add_officer(username=username, name=name, password=password, roles=roles, now=now, is_demo=True)


@transaction.atomic
def roster(now: datetime) -> None:
    """Put the demo's users on duty day and night, the approvers with a chat on the simulator and a mailbox; once."""
    if Shift.objects.exists():
        return
    on_duty = (
        (Duty.OFFICER, "officer", 1), (Duty.APPROVER, "approver", 1), (Duty.APPROVER, "deputy", 2), (Duty.CASES, "clerk", 1),
    )  # fmt: skip
    for number, (duty, username, turn) in enumerate(on_duty):
        officer = Officer.objects.get(username=username)
        Shift.objects.create(
            officer=officer, duty=duty, turn=turn, weekdays=list(range(7)), begins=time(0), ends=time(0)
        )
        if duty == Duty.APPROVER:
            chat = STAFF_CHATS + number
            name = officer.get_full_name()
            simulator.put("people", [{"chat_id": chat, "first_name": name, "language_code": "en", "started": True}])
            Way.objects.create(
                officer=officer, kind=Way.Kind.TELEGRAM, address=str(chat), linked_at=now, confirmed_at=now
            )
            mailbox = sealed(f"{username}@ministry.example")
            Way.objects.create(officer=officer, kind=Way.Kind.EMAIL, linked_at=now, confirmed_at=now, **mailbox)


@transaction.atomic
def channel(ministry: Ministry, now: datetime) -> None:
    """Give the whole ministry a Telegram channel, which speaks for every affected post."""
    holder = _department(ministry)
    if not holder.accounts.filter(platform="telegram").exists():
        add_account(holder=holder, platform="telegram", address=CHANNEL, now=now)


def _department(ministry: Ministry) -> Holder:
    holder, _ = Holder.objects.get_or_create(
        ministry=ministry, kind=Holder.Kind.DEPARTMENT, name=f"{ministry} (channel of the demo)"
    )
    return holder


@transaction.atomic
def everywhere(ministry: Ministry, now: datetime) -> None:
    """Give the whole ministry an account on each platform on which it has none, so that every drill goes through all of them."""
    used = set(Account.objects.filter(holder__ministry=ministry, mode=Mode.LIVE).values_list("platform", flat=True))
    for spec in catalog.specs():
        if spec.slug not in used:
            add_account(holder=_department(ministry), platform=spec.slug, address=_example(spec.handle), now=now)


def _example(handle: Handle) -> str:
    if handle.page:
        return "https://pages.example.org/tocsin-demo"
    name = f"tocsin{handle.joint}demo" + ("@social.example.org" if handle.server else "")
    return f"@{name}" if handle.at else name


def _secret(account: Account, name: str) -> str:
    """Return a secret of a shadow on the simulator: always the same, so that both sides can be furnished anew."""
    text = f"{name}:{account.pk}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def _person(account: Account) -> str:
    """Return the number of who has allowed it on the simulator: one an account, so that ending one ends no other."""
    return str(10**14 + int(_secret(account, "person")[:10], 16))


def _address(live: Account, handle: Handle, taken: set[str]) -> str:
    """Return a handle for a shadow that its platform would take, and that no other has."""
    ending = handle.joint + ("shadow" if handle.longest > 20 else "ex")
    plain, at, server = live.address.removeprefix("@"), "", ""
    mark, count = "", 1
    if handle.page:
        plain = re.sub(r"\W+", "-", plain.partition("://")[2]).strip("-")
    elif handle.server:
        plain, at, server = plain.partition("@")
    while True:
        name = f"{plain[: handle.longest - len(ending) - len(mark)]}{mark}{ending}{at}{server}"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return f"@{name}" if handle.at else name
        count += 1
        mark = str(count)


def _service(account: Account, spec: PlatformSpec, name: str) -> str:
    """Return the address, with its key, of a shadow's service on the simulator, as an administrator would give it."""
    where = urlsplit(settings.PLATFORM_URLS[spec.slug])
    return f"json://{where.netloc}{where.path}/notify/{name}?+X-Access-Key={_secret(account, 'service')}"


def _kept(account: Account, spec: PlatformSpec, address: str) -> Secrets | None:
    """Return what the registry keeps of a shadow, or will; None if an officer has disconnected it."""
    credential: Credential | None = getattr(account, "credential", None)
    person = {"user_id": _person(account)} if spec.by_person else {}
    if credential is not None:
        return Secrets(person | credential.secrets)
    if account.address:
        return None
    own = {name: _secret(account, name) for name in spec.secrets if name not in spec.app_secrets}
    if spec.by_administrator:
        own = dict.fromkeys(own, _service(account, spec, address))
    return Secrets(own | person)


def _shadow(account: Account, taken: set[str]) -> tuple[dict[str, Any], Secrets | None]:
    """Return what the simulator is told of a shadow, and what the registry keeps of it."""
    live, spec = account.shadow_of, catalog.spec(account.platform)
    assert live is not None  # noqa: S101 - a shadow, by its constraint
    assert spec is not None  # noqa: S101 - only those of the catalogue are furnished
    # Of a page the simulator knows the last word of its address.
    address = account.address.rpartition("/")[2] or _address(live, spec.handle, taken)
    told: dict[str, Any] = {
        "platform": account.platform,
        "address": address,
        "name": f"Shadow of {live.address} (exercise)",
        "followers": figures.followers(live),
    }
    kept = _kept(account, spec, address)
    if kept is None:
        # Disconnected by an officer: the simulator's account stays as it is, until somebody connects it again.
        return told, None
    if kept:
        ours = {name: value for name, value in app_secrets(spec.slug).items() if name in spec.secrets}
        own = {name: value for name, value in kept.items() if name in spec.secrets}
        # Who allowed it, where one consent speaks for several accounts.
        person = {"granted_by": kept["user_id"]} if "user_id" in kept else {}
        told["secrets"] = {**ours, **own, **person}
    return told, kept


def _registered(account: Account, address: str) -> str:
    """Return a shadow's address as the registry keeps it: where a page is its own address, the simulator's page."""
    spec = catalog.spec(account.platform)
    return f"{settings.PLATFORM_WEB[spec.slug]}/{address}" if spec and spec.handle.page else address


def _connected(account: Account, platform_id: str, kept: Secrets) -> bool:
    """Tell whether the registry holds a shadow as the simulator does."""
    return account.address != "" and account.platform_id == platform_id and account.credential.secrets == kept


def shadows(now: datetime) -> int:
    """Connect every shadow to an account of its own on the simulator.

    Returns:
        How many there are.
    """
    rows = Account.objects.filter(mode=Mode.EXERCISE, is_home=True, platform__in=catalog.slugs())
    accounts = list(rows.select_related("shadow_of", "credential").order_by("pk"))
    taken = {account.address.rpartition("/")[2].removeprefix("@").casefold() for account in accounts}
    furnished = [_shadow(account, taken) for account in accounts]
    answers = simulator.put("accounts", [told for told, _ in furnished])
    with transaction.atomic():
        for account, (told, kept), answer in zip(accounts, furnished, answers, strict=True):
            if kept is not None and not _connected(account, answer["platform_id"], kept):
                connect(
                    account=account,
                    address=_registered(account, told["address"]),
                    platform_id=answer["platform_id"],
                    secrets=kept,
                    actor="demo",
                    now=now,
                    on=now.date(),
                )
            # New, or in the imported list again.
            if account.paused_why == NOT_RELEASED:
                release_shadow(account=account, actor="demo", now=now)
    return len(accounts)


def apps() -> None:
    """Register our apps with the simulator, and to which addresses of ours it may send editors back."""
    items = []
    for spec in catalog.specs():
        # Where there is none, an app registers itself.
        if spec.has_screen and spec.app_secrets:
            # The public half of what belongs to an app comes before the secret one, and whatever else there is behind both.
            key, secret, *_ = app_secrets(spec.slug).values()
            back = f"{settings.PUBLIC_URL}/connect/callback/{spec.slug}/"
            items.append({"platform": spec.slug, "key": key, "secret": secret, "callbacks": [back]})
    simulator.put("apps", items)


def ways() -> None:
    """Register us with the simulator's servers of the other ways to citizens."""
    told = [
        {
            "way": spec.slug,
            "secrets": app_secrets(spec.slug),
            "callback": f"{settings.PUBLIC_URL}/receipts/{spec.slug}",
            "callback_secret": settings.RECEIPTS_SECRETS.get(spec.slug) or app_secrets(spec.slug).get("app_secret", ""),
        }
        for spec in catalog.private()
    ]
    simulator.put("ways", told)


def bot() -> None:
    """Register our bot with the simulator."""
    name = f"{home_ministry()} (demo)"
    item = {"token": settings.TELEGRAM_BOT_TOKEN, "username": settings.TELEGRAM_BOT_USERNAME, "name": name}
    simulator.put("bots", [item])


def operations_chat() -> None:
    """Give the canary, and the reading back of channels, a chat on the simulator."""
    item = {"chat_id": int(OPERATIONS_CHAT), "first_name": "Operations", "language_code": "en", "started": True}
    simulator.put("people", [item])


@transaction.atomic
def citizens(now: datetime) -> int:
    """Subscribe the simulated citizens, unless they are.

    Returns:
        How many there are.
    """
    standing = Citizen.objects.filter(simulated=True).count()
    if standing:
        return standing
    ministry = home_ministry()
    people = list(crowd(ministry))
    rows = Citizen.objects.bulk_create(
        Citizen(
            ministry=ministry,
            name=each.name,
            folded_name=fold(each.name),
            language=each.language,
            people=each.people,
            in_exercises=True,
            simulated=True,
            subscribed_at=now,
        )
        for each in people
    )
    pairs = list(zip(rows, people, strict=True))
    Contact.objects.bulk_create(
        Contact(
            citizen=c,
            kind=kind,
            linked_at=now,
            **(sealed(address) if kind != Contact.Kind.TELEGRAM else {"address": address}),
        )
        for c, each in pairs
        for kind, address in each.contacts.items()
    )
    Stay.objects.bulk_create(
        Stay(
            citizen=citizen,
            country=each.place.country,
            region=each.place.region,
            lat=rounded(each.place.lat),
            lon=rounded(each.place.lon),
            cell=cell_of(rounded(each.place.lat), rounded(each.place.lon)),
            place_name=each.place.name,
            time_zone=each.place.time_zone,
            confirmed_at=now,
        )
        for citizen, each in pairs
    )
    return len(rows)


def crowd_on_simulator(*, fresh: bool) -> None:
    """Tell the simulator how each citizen answers.

    Args:
        fresh: also who has left the bot; else whoever blocked it since stays away.
    """
    people = [
        {
            "chat_id": each.chat,
            "first_name": each.name,
            "language_code": each.language,
            "press": each.press,
            "press_only_data": QUESTION,
            "delay_s": ANSWER_WITHIN_S,
            "quiet_s": 0,  # a drill right after another is answered too
        }
        | ({"started": each.way != "gone"} if fresh else {})
        for each in crowd(home_ministry())
        if Contact.Kind.TELEGRAM in each.contacts
    ]
    simulator.put("people", people)


def _chats() -> int:
    return Contact.objects.filter(citizen__simulated=True, kind=Contact.Kind.TELEGRAM).count()


def furnish_new(now: datetime) -> None:
    """Furnish both sides for what was imported since the house started; where nothing was, change nothing."""
    ministry = home_ministry()
    shadows_of_ours = Account.objects.filter(mode=Mode.EXERCISE, is_home=True, platform__in=catalog.slugs())
    bare = shadows_of_ours.filter(Q(address="") | Q(paused_why=NOT_RELEASED)).exclude(paused_why__in=GONE)
    peopled = Citizen.objects.filter(simulated=True).exists() or not ministry.posts.exists()
    if bare.exists() or not peopled:
        furnish(now)


def furnish(now: datetime) -> dict[str, int]:
    """Furnish both sides; doing it again changes nothing.

    Returns:
        How many shadows and citizens there are.
    """
    ministry = home_ministry()
    users(now)
    roster(now)
    channel(ministry, now)
    everywhere(ministry, now)
    beyond_posts(ministry, now)
    bot()
    apps()
    ways()
    operations_chat()
    found = {"shadows": shadows(now), "citizens": citizens(now)}
    figures.history(now)
    crowd_on_simulator(fresh=simulator.health()["people"] < _chats())
    return found
