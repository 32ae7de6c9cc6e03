"""Which platforms there are, for the settings: where each is, and what belongs to our app there, by each one's spec."""

from collections.abc import Callable
from urllib.parse import urlsplit

from platforms import catalog
from platforms.contract import PlatformSpec

# Where the simulator plays a platform, if not under its slug.
_PLAYED_AT = {"facebook": "graph", "instagram": "graph-instagram"}
# The simulator's mail server speaks another protocol: it listens so many ports above its web server.
_MAIL_PORT = 3


def _every() -> list[PlatformSpec]:
    """Return what has a timeline, and what is written to single people by."""
    return [*catalog.specs(), *catalog.private()]


def urls(read: Callable[[str], str] = lambda _: "") -> dict[str, str]:
    """Return each platform's interface, by its slug; blank is a server of the ministry's own that the settings do not name.

    Args:
        read: returns a setting by its name.
    """
    return {spec.slug: read(spec.setting("url")) if spec.own_server else spec.base_url for spec in _every()}


def web() -> dict[str, str]:
    """Return where people see each platform's publications, by its slug; blank where there are none."""
    return {spec.slug: spec.web_url for spec in _every()}


def simulated_urls(simulator: str) -> dict[str, str]:
    """Return each platform's interface on the simulator, so that none that is added can be anywhere else.

    Args:
        simulator: its address, without a slash at the end.
    """
    found = {
        spec.slug: f"{simulator}/{_PLAYED_AT.get(spec.slug, spec.slug)}{urlsplit(spec.base_url).path}"
        for spec in _every()
    }
    where = urlsplit(simulator)
    return found | {"email": f"smtp://{where.hostname}:{(where.port or 0) + _MAIL_PORT}"}


def simulated_web(simulator: str) -> dict[str, str]:
    """Return where the simulator shows each platform's publications."""
    return {spec.slug: f"{simulator}/{spec.slug}" for spec in _every()}


def app_secrets(read: Callable[[str], str]) -> dict[str, str]:
    """Return what belongs to our apps, by the names of the settings.

    Args:
        read: returns one by its name; blank is an app that is not set up.
    """
    return {name: read(name) for spec in _every() for name in map(spec.setting, spec.app_secrets)}


def charged() -> list[str]:
    """Return the platforms that charge for asking whom a token speaks for; the simulator does not."""
    return [spec.slug for spec in catalog.specs() if spec.verify_is_charged]


def own_servers() -> list[str]:
    """Return the settings that name servers of the ministry's own."""
    return [spec.setting("url") for spec in catalog.private() if spec.own_server]


def receipts_secrets(read: Callable[[str], str]) -> dict[str, str]:
    """Return by what the receipts of each way are signed; a blank one hears none."""
    return {spec.slug: read(spec.setting("receipts_secret")) for spec in catalog.private() if spec.own_server}


def verify_tokens(read: Callable[[str], str]) -> dict[str, str]:
    """Return by what a platform asks whether the address to which it tells private messages is ours; a blank one hears none."""
    return {spec.slug: read(spec.setting("verify_token")) for spec in catalog.specs() if spec.writes_back}


def webhook_secrets(read: Callable[[str], str]) -> dict[str, str]:
    """Return by what a platform signs what it tells there: the secret of our app."""
    return {spec.slug: read(spec.setting("app_secret")) for spec in catalog.specs() if spec.writes_back}


def reads_daily(read: Callable[[str], int]) -> dict[str, int]:
    """Return how many comments a day may be read where each one is charged for; 0 is none."""
    return {spec.slug: read(spec.setting("reads_daily")) for spec in catalog.specs() if spec.reads_are_charged}


def rates(read: Callable[[str], int]) -> dict[str, int]:
    """Return how many messages a second each way takes from us, where that is not what its spec says; 0 is what it says."""
    return {spec.slug: read(spec.setting("rate")) for spec in catalog.private()}


def daily_people(read: Callable[[str], int]) -> dict[str, int]:
    """Return how many people each way may write to in 24 hours, where it limits that; 0 is no limit that is known."""
    return {spec.slug: read(spec.setting("daily_people")) for spec in catalog.private()}
