"""A country's real alerts as an Atom feed (RFC 4287): those that hold, and those that no longer do."""

from datetime import UTC, datetime
from itertools import islice

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atlas import lines, words
from atlas.visitor import kept, language_of
from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.queries import countries_of, holding, shown_in_atlas
from crisis.places.names import country_name, is_country
from crisis.registry.queries import installation

MOST = 50  # alerts in a feed
LOOKED_AT = 500  # alerts of the whole world, the newest, among which a country's are sought


class _Feed(Atom1Feed):
    """A feed that is the same while nothing changes; without entries it would say that it was changed now."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else installation().installed_at


@require_safe
def country(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give them, in the language of the reader (?l=), the newest first."""
    if not is_country(code):
        raise Http404
    now, language = clock.now(), language_of(request)
    current = {alert.pk for alert in holding(now)}
    with override(language):
        feed = _Feed(
            title=words.feed(country_name(code, language)),
            link=settings.PUBLIC_URL + reverse("atlas:country", args=[code]),
            description="",
            language=language,
            feed_url=settings.PUBLIC_URL + request.path,
        )
        for alert in islice((each for each in shown_in_atlas()[:LOOKED_AT] if code in countries_of(each)), MOST):
            _add(feed, alert, language, holds=alert.pk in current)
    response = HttpResponse(feed.writeString("utf-8"), content_type=_Feed.content_type)
    response["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(response, ["Accept-Language"])
    return kept(request, response)


def _add(feed: _Feed, alert: Alert, language: str, *, holds: bool) -> None:
    (line,) = lines.alerts([alert], language)
    infos = {info.language: info for info in alert.infos.all()}
    said = infos.get(line["language"])
    w = words.reuse()
    until = f"{alert.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if alert.expires_at else ""
    standing = f"{w['until']} {until}" if holds else w["over"]
    feed.add_item(
        title=f"{alert.marker} {line['headline']}",
        link=line["link"],
        description=f"{standing}. {said.description} {said.instruction}".strip() if said else standing,
        unique_id=f"{line['link']}#{alert.number}",
        pubdate=alert.issued_at,
        updateddate=_changed(alert, holds=holds),
        author_name=alert.ministry.name(language),
        categories=["holds" if holds else "over"],
    )


def _changed(alert: Alert, *, holds: bool) -> datetime | None:
    """Return when an entry last changed: issued, else stopped or ended by itself."""
    if holds or alert.msg_type == Alert.MsgType.CANCEL:
        return alert.issued_at
    ended = alert.expires_at if alert.expires_at and alert.expires_at <= clock.now() else None
    return alert.stopped_at or ended or alert.issued_at
