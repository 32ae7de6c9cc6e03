"""Where a person writes on a platform, with the text there already: the platforms' own addresses for that, by host."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

# {text} and {link} are filled in. Facebook's takes a link only; the text is pasted.
# Sources: docs.x.com, Web intent; developers.facebook.com, Threads web intents, and Sharing on the web;
# docs.bsky.app, Action intent links; docs.joinmastodon.org, /share; core.telegram.org/widgets/share;
# faq.whatsapp.com, Click to chat.
_COMPOSERS = {
    "x.com": ("X", "https://x.com/intent/tweet?text={text}"),
    "twitter.com": ("X", "https://x.com/intent/tweet?text={text}"),
    "facebook.com": ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={link}"),
    "threads.net": ("Threads", "https://www.threads.com/intent/post?text={text}"),
    "threads.com": ("Threads", "https://www.threads.com/intent/post?text={text}"),
    "bsky.app": ("Bluesky", "https://bsky.app/intent/compose?text={text}"),
    "t.me": ("Telegram", "https://t.me/share/url?url={link}&text={text}"),
    "whatsapp.com": ("WhatsApp", "https://wa.me/?text={text}"),
    "wa.me": ("WhatsApp", "https://wa.me/?text={text}"),
}
_SERVERS = "mastodon."  # of that name there are many, each with its own page
LONGEST_ADDRESS = 6_000  # what every browser and server still takes


@dataclass(frozen=True, slots=True)
class Composer:
    """Where to write: the platform's name, and the address."""

    name: str
    url: str


def composer(page: str, text: str, link: str) -> Composer | None:
    """Return where a platform lets a person write this text, or None if none is known for the page's host.

    Args:
        page: the https address of the account's page.
        text: whole; where it makes too long an address, it is left for the person to paste.
        link: the alert's page.
    """
    host = urlsplit(page).netloc.casefold().removeprefix("www.").removeprefix("m.")
    found = _COMPOSERS.get(host)
    if found is None and host.startswith(_SERVERS):
        found = ("Mastodon", f"https://{quote(host)}/share?text={{text}}")
    if found is None:
        return None
    name, shape = found
    url = shape.format(text=quote(text, safe=""), link=quote(link, safe=""))
    if len(url) > LONGEST_ADDRESS:
        url = shape.format(text="", link=quote(link, safe=""))
    return Composer(name, url)
