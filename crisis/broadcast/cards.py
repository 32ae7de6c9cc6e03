"""The card in a broadcast: its words are frozen with the texts; the picture is drawn from them whenever somebody asks for it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.signing import BadSignature, Signer

from crisis.alerts.card import CardText, NoCard, card, compose, draw
from crisis.alerts.models import Alert
from crisis.broadcast.models import CARD, Wording
from crisis.registry.models import Ministry
from platforms.contract import PlatformSpec

if TYPE_CHECKING:
    from crisis.cards.card import Card

# Long enough for a platform that fetches the picture late, and for every try of a delivery; the same address for an hour.
HOLDS = timedelta(hours=6)
_SALT = "tocsin.card"


def shows_card(spec: PlatformSpec, ministry: Ministry) -> bool:
    """Tell whether what a ministry publishes on a platform has the card: always where it must, else unless it wants none."""
    return spec.picture == "must" or (spec.picture == "may" and spec.slug not in ministry.without_card)


def shown(words: Wording) -> "Card":
    """Return all that a card shows.

    Args:
        words: those of the card, frozen when the alert was issued.
    """
    return card(words.alert, words.form, CardText(tuple(words.languages.split(",")), words.text))


def preview(alert: Alert, form: str, languages: tuple[str, ...]) -> "Card | None":
    """Return the card of an alert in some languages, for staff: as it was frozen, or as it would be if it were issued now.

    Args:
        alert: whose card it is.
        form: "alert" or "retraction".
        languages: in order.

    Returns:
        None if there is none: a language is not complete, or cannot be drawn.
    """
    frozen = Wording.objects.filter(alert=alert, platform=CARD, form=form, speaks=",".join(languages)).first()
    if frozen is not None:
        return shown(frozen)
    if not set(languages) <= {info.language for info in alert.infos.all() if info.complete}:
        return None
    try:
        return card(alert, form, compose(alert, form, languages))
    except NoCard:
        return None


def frozen(alert: Alert) -> list[tuple[str, ...]]:
    """Return in which languages an issued alert has a card."""
    rows = Wording.objects.filter(alert=alert, platform=CARD, form="alert").order_by("id")
    return [tuple(languages.split(",")) for languages in rows.values_list("languages", flat=True)]


def jpeg(words: Wording) -> bytes:
    """Return a card as a JPEG, by its frozen words."""
    return draw(shown(words))


def address(words: Wording, now: datetime) -> str:
    """Return where a card can be fetched for the next hours, by whoever has the address.

    Args:
        words: those of the card.
        now: the time.
    """
    until = (now + HOLDS).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return f"{settings.PUBLIC_URL}/m/{_signer().sign(f'{words.pk}-{int(until.timestamp())}')}.jpg"


def opened(token: str, now: datetime) -> Wording | None:
    """Return the words of the card that an address names, or None: it is not ours, or its time is over.

    Args:
        token: what stands between /m/ and .jpg.
        now: the time.
    """
    try:
        number, _, until = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    if now.timestamp() >= int(until):
        return None
    return (
        Wording.objects.select_related("alert__ministry", "alert__references").filter(platform=CARD, pk=number).first()
    )


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
