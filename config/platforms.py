"""Which platforms there are, for the settings: where each is, and what belongs to our app there, by each one's spec."""

from collections.abc import Callable
from urllib.parse import urlsplit

from platforms import catalog

# Where the simulator plays a platform, if not under its slug.
_PLAYED_AT = {"facebook": "graph"}


def urls() -> dict[str, str]:
    """Return each platform's interface, by its slug."""
    return {spec.slug: spec.base_url for spec in catalog.specs()}


def web() -> dict[str, str]:
    """Return where people see each platform's publications, by its slug."""
    return {spec.slug: spec.web_url for spec in catalog.specs()}


def simulated_urls(simulator: str) -> dict[str, str]:
    """Return each platform's interface on the simulator, so that none that is added can be anywhere else.

    Args:
        simulator: its address, without a slash at the end.
    """
    return {
        spec.slug: f"{simulator}/{_PLAYED_AT.get(spec.slug, spec.slug)}{urlsplit(spec.base_url).path}"
        for spec in catalog.specs()
    }


def simulated_web(simulator: str) -> dict[str, str]:
    """Return where the simulator shows each platform's publications."""
    return {spec.slug: f"{simulator}/{spec.slug}" for spec in catalog.specs()}


def app_secrets(read: Callable[[str], str]) -> dict[str, str]:
    """Return what belongs to our apps, by the names of the settings.

    Args:
        read: returns one by its name; blank is an app that is not set up.
    """
    return {name: read(name) for spec in catalog.specs() for name in map(spec.setting, spec.app_secrets)}


def charged() -> list[str]:
    """Return the platforms that charge for asking whom a token speaks for; the simulator does not."""
    return [spec.slug for spec in catalog.specs() if spec.verify_is_charged]
