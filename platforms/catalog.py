"""Which platforms there are: each one's spec at once, its adapter (and so its SDK) only when it is first asked for."""

from datetime import date
from importlib import import_module
from typing import Any, NamedTuple

from platforms.access import Connects, Revokes
from platforms.contract import Adapter, Endpoint, Messenger, PlatformSpec
from platforms.specs.apprise import APPRISE
from platforms.specs.bluesky import BLUESKY
from platforms.specs.email import EMAIL
from platforms.specs.facebook import FACEBOOK
from platforms.specs.flickr import FLICKR
from platforms.specs.instagram import INSTAGRAM
from platforms.specs.linkedin import LINKEDIN
from platforms.specs.manual import MANUAL
from platforms.specs.mastodon import MASTODON
from platforms.specs.sms import SMS
from platforms.specs.telegram import TELEGRAM
from platforms.specs.threads import THREADS
from platforms.specs.weibo import WEIBO
from platforms.specs.whatsapp import WHATSAPP
from platforms.specs.x import X


class _Entry(NamedTuple):
    """A platform's spec, and where its adapter and its consent are, as "module:class"; blank where nobody is asked for access."""

    spec: PlatformSpec
    adapter: str
    consent: str = ""


_PLATFORMS = {
    each.spec.slug: each
    for each in (
        _Entry(TELEGRAM, "platforms.telegram:TelegramAdapter", "platforms.telegram_consent:TelegramConsent"),
        _Entry(X, "platforms.x:XAdapter", "platforms.x_consent:XConsent"),
        _Entry(FACEBOOK, "platforms.facebook:FacebookAdapter", "platforms.facebook_consent:FacebookConsent"),
        _Entry(LINKEDIN, "platforms.linkedin:LinkedInAdapter", "platforms.linkedin_consent:LinkedInConsent"),
        _Entry(INSTAGRAM, "platforms.instagram:InstagramAdapter", "platforms.instagram_consent:InstagramConsent"),
        _Entry(THREADS, "platforms.threads:ThreadsAdapter", "platforms.threads_consent:ThreadsConsent"),
        _Entry(MASTODON, "platforms.mastodon:MastodonAdapter", "platforms.mastodon_consent:MastodonConsent"),
        _Entry(BLUESKY, "platforms.bluesky:BlueskyAdapter", "platforms.bluesky_consent:BlueskyConsent"),
        _Entry(WEIBO, "platforms.weibo:WeiboAdapter", "platforms.weibo_consent:WeiboConsent"),
        _Entry(FLICKR, "platforms.flickr:FlickrAdapter", "platforms.flickr_consent:FlickrConsent"),
        _Entry(APPRISE, "platforms.apprise:AppriseAdapter"),
        _Entry(MANUAL, "platforms.manual:ManualAdapter"),
    )
}


# The ways to single people that have no timeline: each one's spec, and where its adapter is.
_PRIVATE: dict[str, tuple[PlatformSpec, str]] = {
    each.slug: (each, where)
    for each, where in (
        (EMAIL, "platforms.email:EmailMessenger"),
        (SMS, "platforms.sms:SmsMessenger"),
        (WHATSAPP, "platforms.whatsapp:WhatsappMessenger"),
    )
}


def slugs() -> list[str]:
    """Return every platform that has an adapter, and timelines."""
    return list(_PLATFORMS)


def specs() -> list[PlatformSpec]:
    """Return the spec of every platform that has an adapter, and timelines."""
    return [each.spec for each in _PLATFORMS.values()]


def spec(slug: str) -> PlatformSpec | None:
    """Return the spec of a platform, or of a private way, or None if it has no adapter."""
    if slug in _PRIVATE:
        return _PRIVATE[slug][0]
    found = _PLATFORMS.get(slug)
    return found.spec if found else None


def outdated(on: date) -> list[PlatformSpec]:
    """Return the platforms to which we speak a version that should give way to a newer one, before it is no longer answered."""
    return [each for each in specs() if each.current_until and on >= date.fromisoformat(each.current_until)]


def private() -> list[PlatformSpec]:
    """Return the spec of every way to single people that has no timeline."""
    return [each for each, _ in _PRIVATE.values()]


def messenger(slug: str, endpoint: Endpoint) -> Messenger:
    """Make the adapter of a private way; its SDK is imported now.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    return messenger_class(slug)(endpoint)


def messenger_class(slug: str) -> type[Messenger]:
    """Return the adapter of a private way; its SDK is imported now.

    Raises:
        KeyError: there is none.
    """
    found: type[Messenger] = _class(_PRIVATE[slug][1])
    return found


def adapter(slug: str, endpoint: Endpoint) -> Adapter:
    """Make a platform's adapter; its SDK is imported now.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    return adapter_class(slug)(endpoint)


def adapter_class(slug: str) -> type[Adapter]:
    """Return a platform's adapter, to see what it can do without making one; its SDK is imported now.

    Raises:
        KeyError: there is none.
    """
    found: type[Adapter] = _class(_PLATFORMS[slug].adapter)
    return found


def consent(slug: str, endpoint: Endpoint) -> Connects | Revokes | None:
    """Make what asks for access to accounts of a platform, and ends it; no SDK is imported for it. None: nobody is asked.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    kind = consent_class(slug)
    return kind(endpoint) if kind else None


def consent_class(slug: str) -> type[Any] | None:
    """Return what asks for access, to see what it can do without making one; None where nobody is asked.

    Raises:
        KeyError: there is none.
    """
    where = _PLATFORMS[slug].consent
    return _class(where) if where else None


def _class(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
