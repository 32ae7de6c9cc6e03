"""Visits to posts' websites: one website a minute, as a polite guest; what it links to is compared with the registry."""

import logging

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.presence import audit
from crisis.presence.models import WebsiteVisit
from crisis.registry.queries import home_ministry, house_paused
from platforms.websites import NotRead, Reader
from tasks import throttle, wiring

log = logging.getLogger(__name__)

# Longer than a visit takes at most: a host has one guest of ours at a time, whichever worker sends it.
HOST_EVERY_S = 60.0


@shared_task(name="tasks.websites.visit")
def visit() -> None:
    """Visit the website that is due; two at the same time, or one much later, are safe."""
    if house_paused():
        return
    audit.enrol(home_ministry(), clock.now())
    for each in audit.due(clock.now(), limit=1):
        if audit.take(each, clock.now()):
            _visit(each)


def _visit(each: WebsiteVisit) -> None:
    wiring.lend_connection()
    agent = f"Tocsin-Atlas/1 (+{settings.PUBLIC_URL}/atlas/data)"
    proxy = "" if settings.LOOPBACK_ONLY else settings.OUTBOUND_PROXY
    with Reader(agent=agent, loopback_only=settings.LOOPBACK_ONLY, proxy=proxy, permit=_permitted) as reader:
        try:
            page = reader.page(each.url)
        except NotRead as error:
            again = {"again": audit.TAKEN} if error.why == "busy" else {}
            audit.note_unread(each, error.why, clock.now(), **again)
            log.info("a website was not read", extra={"post": each.post.code, "why": error.why})
            return
        leading_to = audit.note_read(each, page.links, clock.now())
        audit.note_dead(each, [address for address, goal in leading_to.items() if _is_gone(reader, goal)])
    log.info("a website was read", extra={"post": each.post.code, "accounts": len(leading_to)})


def _is_gone(reader: Reader, url: str) -> bool:
    """Tell whether an account's page is gone; most platforms show theirs to no visitor like us, and then nothing is known."""
    try:
        return bool(url) and reader.is_gone(url)
    except NotRead:
        return False


def _permitted(host: str) -> bool:
    return throttle.take([throttle.Bucket(f"bucket:website:{host}", 1 / HOST_EVERY_S, 1.0, 1.0)]) <= 0
