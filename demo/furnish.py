"""Furnishing the demo: users with known passwords, a channel of the whole ministry, shadows on the simulator, citizens."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from crisis.audience.models import Citizen, Contact, Stay
from crisis.encryption import Secrets
from crisis.places.grid import cell_of, rounded
from crisis.places.names import fold
from crisis.registry.endpoints import app_secrets
from crisis.registry.models import Account, Credential, Holder, Ministry, Mode
from crisis.registry.operations import NOT_RELEASED, RETIRED, add_account, connect, release_shadow
from crisis.registry.queries import home_ministry
from crisis.staff.models import Role
from crisis.staff.operations import add_officer
from demo import simulator
from demo.crowd import PRESSES, crowd
from demo.state import OPERATIONS_CHAT
from platforms import catalog
from platforms.contract import Handle, PlatformSpec

# Known to everybody, on purpose: live operation refuses to start with users of the demo.
USERS = {
    "officer": ("Dora Duty (duty officer)", "tocsin-officer", [Role.OFFICER]),
    "approver": ("Anton Approver (approver)", "tocsin-approver", [Role.APPROVER, Role.ADMINISTRATOR]),
    "clerk": ("Carla Clerk (consular clerk)", "tocsin-clerk", [Role.CLERK]),
}
CHANNEL = "@tocsin_demo_alerts"
ANSWER_WITHIN_S = [0.3, 3.0]
QUESTION = "c:"  # what the buttons under an alert's question send; the crowd presses nothing else of the bot's


def users(now: datetime) -> None:
    """Make the demo's users."""
    for username, (name, password, roles) in USERS.items():
        add_officer(username=username, name=name, password=password, roles=roles, now=now, is_demo=True)


@transaction.atomic
def channel(ministry: Ministry, now: datetime) -> None:
    """Give the whole ministry a Telegram channel, which speaks for every affected post."""
    holder, _ = Holder.objects.get_or_create(
        ministry=ministry, kind=Holder.Kind.DEPARTMENT, name=f"{ministry} (channel of the demo)"
    )
    if not holder.accounts.exists():
        add_account(holder=holder, platform="telegram", address=CHANNEL, now=now)


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
    plain, mark, count = live.address.removeprefix("@"), "", 1
    while True:
        name = f"{plain[: handle.longest - len(ending) - len(mark)]}{mark}{ending}"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return f"@{name}" if handle.at else name
        count += 1
        mark = str(count)


def _kept(account: Account, spec: PlatformSpec) -> Secrets | None:
    """Return what the registry keeps of a shadow, or will; None if an officer has disconnected it."""
    credential: Credential | None = getattr(account, "credential", None)
    person = {"user_id": _person(account)} if spec.by_person else {}
    if credential is not None:
        return Secrets(person | credential.secrets)
    if account.address:
        return None
    own = {name: _secret(account, name) for name in spec.secrets if name not in spec.app_secrets}
    return Secrets(own | person)


def _shadow(account: Account, taken: set[str]) -> tuple[dict[str, Any], Secrets | None]:
    """Return what the simulator is told of a shadow, and what the registry keeps of it."""
    live, spec = account.shadow_of, catalog.spec(account.platform)
    assert live is not None  # noqa: S101 - a shadow, by its constraint
    assert spec is not None  # noqa: S101 - only those of the catalogue are furnished
    address = account.address or _address(live, spec.handle, taken)
    told: dict[str, Any] = {
        "platform": account.platform,
        "address": address,
        "name": f"Shadow of {live.address} (exercise)",
    }
    kept = _kept(account, spec)
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
    taken = {account.address.removeprefix("@").casefold() for account in accounts}
    furnished = [_shadow(account, taken) for account in accounts]
    answers = simulator.put("accounts", [told for told, _ in furnished])
    with transaction.atomic():
        for account, (told, kept), answer in zip(accounts, furnished, answers, strict=True):
            if kept is not None and not _connected(account, answer["platform_id"], kept):
                connect(
                    account=account,
                    address=told["address"],
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
        if not spec.claimed:
            # The public half of what belongs to an app comes before the secret one.
            key, secret = app_secrets(spec.slug).values()
            back = f"{settings.PUBLIC_URL}/connect/callback/{spec.slug}/"
            items.append({"platform": spec.slug, "key": key, "secret": secret, "callbacks": [back]})
    simulator.put("apps", items)


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
    Contact.objects.bulk_create(Contact(citizen=c, address=str(each.chat), linked_at=now) for c, each in pairs)
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
            "press": PRESSES.get(each.way),
            "press_only_data": QUESTION,
            "delay_s": ANSWER_WITHIN_S,
            "quiet_s": 0,  # a drill right after another is answered too
        }
        | ({"started": each.way != "gone"} if fresh else {})
        for each in crowd(home_ministry())
    ]
    simulator.put("people", people)


def furnish_new(now: datetime) -> None:
    """Furnish both sides for what was imported since the house started; where nothing was, change nothing."""
    ministry = home_ministry()
    shadows_of_ours = Account.objects.filter(mode=Mode.EXERCISE, is_home=True, platform__in=catalog.slugs())
    bare = shadows_of_ours.filter(Q(address="") | Q(paused_why=NOT_RELEASED)).exclude(paused_why=RETIRED)
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
    channel(ministry, now)
    bot()
    apps()
    operations_chat()
    found = {"shadows": shadows(now), "citizens": citizens(now)}
    crowd_on_simulator(fresh=simulator.health()["people"] < found["citizens"])
    return found
