"""As many citizens as wanted, in some seconds: made by the database itself."""

from django.core.management import call_command
from django.db import connection

from crisis import clock
from crisis.audience.models import Contact
from crisis.places.grid import cell_of, rounded
from crisis.places.queries import largest
from crisis.registry.queries import home_ministry
from demo import furnish
from tests.load.house import FIRST_CHAT


class Nowhere:
    """Takes a command's words and drops them."""

    def write(self, text: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is kept."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False


def install() -> None:
    """Make the database, the posts and the people who work here."""
    from django.conf import settings

    call_command("migrate", verbosity=0)
    call_command("install", verbosity=0, stdout=Nowhere())
    call_command("import_posts", settings.DATA_DIR / "posts.csv", ministry="BE", verbosity=0, stdout=Nowhere())
    furnish.users(clock.now())
    furnish.channel(home_ministry(), clock.now())


def subscribed() -> int:
    """Return how many people there are; none where nothing is installed yet."""
    if Contact._meta.db_table not in connection.introspection.table_names():
        return 0
    return Contact.objects.count()


# ruff: noqa: S608 - the only thing put into a statement is this
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "


def subscribe(number: int, country: str, *, after: int = 0) -> None:
    """Subscribe so many people who stay in a country's largest towns; each has a chat of their own.

    Args:
        number: how many.
        country: where they stay.
        after: the number of the last who is there already.
    """
    now, ministry = clock.now(), home_ministry().pk
    towns = largest(country, limit=8)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audience_citizen (id, ministry_id, name, folded_name, language, people, in_exercises, simulated, "
            f"subscribed_at) {_NUMBERS} SELECT i + {after:d}, %s, '', '', "
            "CASE i %% 3 WHEN 0 THEN 'nl' WHEN 1 THEN 'fr' ELSE 'en' END, 1, %s, %s, %s FROM n",
            [number, ministry, True, True, now],
        )
        cursor.execute(
            "INSERT INTO audience_contact (id, citizen_id, kind, address, sealed, state, state_why, asked, rank, linked_at) "
            f"{_NUMBERS} SELECT i + {after:d}, i + {after:d}, %s, CAST(i + %s AS varchar(20)), '', %s, '', '', 0, %s FROM n",
            [number, Contact.Kind.TELEGRAM, FIRST_CHAT + after, Contact.State.ACTIVE, now],
        )
        for place, town in enumerate(towns):
            lat, lon = rounded(town.lat), rounded(town.lon)
            cursor.execute(
                "INSERT INTO audience_stay (id, citizen_id, country, region, lat, lon, cell, place_name, time_zone, "
                f"lives_here, confirmed_at) {_NUMBERS} "
                f"SELECT i + {after:d}, i + {after:d}, %s, %s, %s, %s, %s, %s, %s, false, %s FROM n WHERE i %% %s = %s",
                [
                    number, town.country, town.region, lat, lon, cell_of(lat, lon), town.name, town.time_zone, now,
                    len(towns), place,
                ],
            )  # fmt: skip
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")


def accounts(number: int, country: str) -> None:
    """Give a country's post so many more accounts, half on X and half on Facebook, that speak English; all may publish."""
    from crisis.encryption import Secrets
    from crisis.registry.models import Account, Mode
    from crisis.registry.operations import add_account, connect, release_shadow

    now = clock.now()
    one = Account.objects.filter(mode=Mode.LIVE, holder__post__country=country).select_related("holder")[0]
    secrets = {
        "x": Secrets(access_token="bench-access", access_token_secret="bench-secret"),
        "facebook": Secrets(page_token="bench-page"),
    }
    for n in range(number):
        platform = ("x", "facebook")[n % 2]
        add_account(holder=one.holder, platform=platform, address=f"bench{n}", now=now)
        shadow = Account.objects.get(shadow_of__platform=platform, shadow_of__address=f"bench{n}")
        Account.objects.filter(pk__in=[shadow.pk, shadow.shadow_of_id]).update(languages=["en"])
        connect(
            account=shadow,
            address=f"bench{n}_ex",
            platform_id=str(10_000 + n),
            secrets=secrets[platform],
            actor="bench",
            now=now,
        )
        shadow.refresh_from_db()
        release_shadow(account=shadow, actor="bench", now=now)
