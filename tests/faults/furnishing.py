"""What the world of the fault matrix holds: officers, posts, more accounts than they have, citizens; and the platforms' side."""

from django.conf import settings
from django.core.management import call_command

from crisis import clock
from crisis.audience.models import Citizen, Contact, Stay
from crisis.places.grid import cell_of, rounded
from crisis.places.names import fold
from crisis.places.queries import largest
from crisis.registry.models import Account, Mode
from crisis.registry.operations import add_account
from crisis.registry.queries import home_ministry
from demo import furnish, simulator

FIRST_CHAT = 7_900_000_000
# Where alerts go: few accounts and some citizens; many accounts and no citizen; many citizens and few accounts.
FEW, CITIZENS_FEW = ("JP",), 40
WIDE, ACCOUNTS_WIDE = ("CD",), 10  # so many accounts more, on each platform that can be read back
CROWD, CITIZENS_CROWD = ("KR",), 400
BIG, CITIZENS_BIG = ("TH",), 20_000  # in the long form only


def install(*, short: bool) -> None:
    """Make the database, the officers, the posts, their shadows, and the citizens."""
    now = clock.now()
    call_command("migrate", verbosity=0)
    call_command("install", verbosity=0, stdout=_Nowhere())
    call_command("import_posts", settings.DATA_DIR / "posts.csv", ministry="BE", verbosity=0, stdout=_Nowhere())
    furnish.users(now)
    furnish.channel(home_ministry(), now)
    _accounts(WIDE[0])
    furnish.bot()
    furnish.operations_chat()
    furnish.shadows(now)
    # The platforms' own rates are not what is tested: each row asks for the refusals that it is about.
    rates = [name for name in simulator.call("GET", "limits") if "_per_" in name]
    simulator.call("PUT", "limits", dict.fromkeys(rates))
    people = [(FEW[0], CITIZENS_FEW, True), (CROWD[0], CITIZENS_CROWD, True), (FEW[0], 5, False)]
    people += [] if short else [(BIG[0], CITIZENS_BIG, True)]
    chat = FIRST_CHAT
    for country, number, in_exercises in people:
        _citizens(country, range(chat, chat + number), in_exercises=in_exercises)
        chat += number
    told = [{"chat_id": each, "first_name": f"C{each}", "started": True} for each in range(FIRST_CHAT, chat)]
    simulator.put("people", told)


class _Nowhere:
    def write(self, text: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is kept."""

    def isatty(self) -> bool:
        return False


def _accounts(country: str) -> None:
    """Give a country's post more accounts than a post has, so that one alert is a load."""
    of_post = Account.objects.filter(mode=Mode.LIVE, platform="x", holder__post__country=country).select_related(
        "holder"
    )
    for number in range(ACCOUNTS_WIDE):
        for platform in ("x", "facebook"):
            add_account(holder=of_post[0].holder, platform=platform, address=f"Faults{number}", now=clock.now())


def _citizens(country: str, chats: range, *, in_exercises: bool) -> None:
    """Subscribe people who stay in a country's largest towns."""
    ministry, now, towns = home_ministry(), clock.now(), largest(country, limit=6)
    citizens = Citizen.objects.bulk_create(
        Citizen(
            ministry=ministry, name=f"Citizen {chat}", folded_name=fold(f"Citizen {chat}"), language="fr", people=1,
            in_exercises=in_exercises, simulated=True, subscribed_at=now,
        )
        for chat in chats
    )  # fmt: skip
    pairs = list(zip(citizens, chats, strict=True))
    Contact.objects.bulk_create(Contact(citizen=one, address=str(chat), linked_at=now) for one, chat in pairs)
    stays = []
    for number, citizen in enumerate(citizens):
        town = towns[number % len(towns)]
        lat, lon = rounded(town.lat), rounded(town.lon)
        stays.append(
            Stay(
                citizen=citizen, country=town.country, region=town.region, lat=lat, lon=lon, cell=cell_of(lat, lon),
                place_name=town.name, time_zone=town.time_zone, confirmed_at=now,
            )
        )  # fmt: skip
    Stay.objects.bulk_create(stays)


def exercise_accounts() -> "set[tuple[str, str]]":
    """Return platform and folded address of every account that an exercise may reach."""
    rows = Account.objects.filter(mode=Mode.EXERCISE).values_list("platform", "address")
    return {(platform, address.removeprefix("@").casefold()) for platform, address in rows}
