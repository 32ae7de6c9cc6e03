"""The platform that ADDING_A_PLATFORM.md describes, in the catalogue and the settings of a test, with an account on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config import platforms
from crisis.encryption import Secrets
from crisis.registry.models import Account, Holder
from crisis.registry.operations import add_account, connect, release_shadow
from crisis.registry.queries import home_ministry
from simulator.testing import Running
from tasks import wiring
from tests.functional.factories import NOW
from tests.kite import Kite, running


@contextmanager
def served(settings: Any, sim: Running) -> Iterator[Kite]:
    """Run its server, with the settings as they are made from the catalogue."""
    with running() as server:
        where = f"http://127.0.0.1:{server.server_port}"
        settings.PLATFORM_URLS = platforms.simulated_urls(sim.url) | {"kite": where}
        settings.PLATFORM_WEB = platforms.simulated_web(sim.url)
        settings.APP_SECRETS = settings.APP_SECRETS | {"KITE_APP_KEY": "app-key-of-ours"}
        yield server
        wiring.adapter("kite").close()


def shadow_on_it() -> Account:
    """Return a shadow on it, of an account of the whole ministry, connected and released."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    shadow: Account = add_account(holder=holder, platform="kite", address="the_ministry", now=NOW).shadow
    secrets = Secrets({"token": "token-1a2b3c4d5e6f"})
    connect(account=shadow, address="the_ministry_ex", platform_id="", secrets=secrets, actor="test", now=NOW)
    release_shadow(account=shadow, actor="test", now=NOW)
    return shadow
