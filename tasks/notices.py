"""Citizens: the writing of a run, and its chunks, each sent in windows on one event loop within its way's rate."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TypeGuard

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from crisis import clock
from crisis.audience import replying
from crisis.audience.leaving import token_of
from crisis.audience.models import Contact
from crisis.broadcast import breakers, closing, filling, halts, notice_ledger, retelling
from crisis.broadcast.models import NoticeRun
from crisis.broadcast.notice_ledger import Claimed, Outcome
from crisis.broadcast.queries import notice_wordings
from crisis.checkins import ladder, own_links
from crisis.checkins.buttons import buttons
from crisis.checkins.reminding import about
from crisis.encryption import UnreadableSecret
from platforms import catalog
from platforms.contract import Button, Outgoing, Receipt, Target
from platforms.errors import (
    REFUSES_US,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.loop import EventLoop
from tasks import bells, throttle, wiring

log = logging.getLogger(__name__)

AHEAD = 2  # windows that are under way at once: what a killed worker leaves unknown is two of them, at most 128
# A chunk takes up no further window after this: with the longest send it stays well within the task's time limit.
CHUNK_S = 10.0
LONGEST_WAIT_S = 5.0  # a permit that takes longer is a halt that another worker was told of: what is claimed goes back
# What one notice may take at most: Telegram's whole answer, which may drip for twice its read time-out, and a moment for a
# process that has no time. What is begun later outlasts its claim, and is sent once more while it arrives.
LONGEST_SEND = timedelta(seconds=32)
_Texts = dict[tuple[int, bool], Outgoing]  # by the wording, and whether it is for a household
CHUNK_APART = 50  # notices of a task that goes another way than Telegram


@cache
def _loop() -> EventLoop:
    return EventLoop("notices")


def load() -> None:
    """Load the adapter's library, and make nothing yet: no connection, no thread."""
    catalog.adapter_class("telegram")


def warm() -> None:
    """Make the adapter, and start the loop."""
    wiring.adapter("telegram")
    _loop().run(asyncio.sleep(0))


def write(kind: str, out: Outgoing, target: Target) -> Receipt:
    """Write one message that belongs to no run, over the same connections as the notices.

    Raises:
        PlatformError: it is not, or not surely, taken.
    """
    return _loop().run(wiring.messenger(kind).notify(out, target))


def reply_token(kind: str, contact_id: int, version: int) -> str:
    """Return what names a person in the address to which an answer goes; blank where no answer by that way is heard."""
    return replying.token_of(contact_id, version) if settings.RECEIPTS_SECRETS.get(kind) else ""


def chunk_size() -> int:
    """Return how many notices a task is rung for: some seconds' worth, as a message of the queue costs a millisecond."""
    return max(50, min(500, int(throttle.rate() * 2)))


def window_size(kind: str = Contact.Kind.TELEGRAM) -> int:
    """Return how many notices are claimed and settled together: a second's worth, at most 64."""
    return max(8, min(64, int(throttle.rate(kind))))


@shared_task(name="tasks.notices.fill")
def fill(run_id: int) -> None:
    """Write a run's notices, slice after slice, and ring for each slice while the next ones are written."""
    if not filling.take(run_id=run_id, now=clock.now()):
        return
    correction, first_of_all, apart = bells.is_correction(run_id), bells.goes_first(run_id), bells.goes_apart(run_id)
    complete = not correction or retelling.is_complete(run_id)  # asked before it is read who was told
    if correction:
        for first, last in retelling.slices(run_id=run_id, now=clock.now()):
            _ring_slice(run_id, first, last, correction=first_of_all, apart=apart)
    for part in filling.slices(run_id=run_id):
        first, last = filling.write_slice(run_id=run_id, part=part, now=clock.now())
        _ring_slice(run_id, first, last, correction=first_of_all, apart=apart)
    if not complete:
        retelling.look_again(run_id=run_id, now=clock.now())
    else:
        for run, first, last in closing.close(run_id=run_id, now=clock.now()):
            _ring_slice(run, first, last, correction=first_of_all, apart=bells.goes_apart(run))


def _ring_slice(run_id: int, first: int, last: int, *, correction: bool, apart: bool) -> None:
    size = CHUNK_APART if apart else chunk_size()
    starts = range(first, last + 1, size) if last else ()
    bells.ring_chunks(
        ((run_id, start, min(start + size - 1, last)) for start in starts), correction=correction, apart=apart
    )


@dataclass(slots=True)
class _Brake:
    """What a chunk's windows share: whether anything more of what is claimed may leave.

    Attributes:
        stopped: the alert does not hold any more.
        quiet_s: for how many seconds the platform wants quiet; 0 if it does not.
    """

    stopped: bool = False
    quiet_s: float = 0.0

    @property
    def on(self) -> bool:
        return self.stopped or self.quiet_s > 0


@dataclass(slots=True)
class _Window:
    """Notices that are ours, on their way."""

    number: int
    claimed: list[Claimed]
    sending: "Future[list[Outcome]]"


@shared_task(name="tasks.notices.send_chunk")
def send_chunk(run_id: int, first: int, last: int) -> None:
    """Send the due notices of an id range.

    Args:
        run_id: the run.
        first, last: notice ids; any number of rings for the same range is harmless.
    """
    _Chunk(run_id, first, last).send()


class _Chunk:
    """One task's work: windows are claimed, sent and settled one after another, two of them overlapping."""

    def __init__(self, run_id: int, first: int, last: int) -> None:
        self._run_id, self._first, self._last = run_id, first, last
        columns = NoticeRun.objects.values_list("kind", "purpose", "alert__rollcall__pk")
        self._kind, purpose, self._rollcall = columns.get(pk=run_id)
        self._ladder = purpose != NoticeRun.Purpose.ALERT
        self._brake = _Brake()
        self._under_way: deque[_Window] = deque()
        self._sent = self._returned = 0

    def send(self) -> None:
        begun = time.monotonic()
        start, size = self._first, window_size(self._kind)
        texts: _Texts = {}
        self._brake.quiet_s = self._obstacle_s()
        admitted = not self._brake.on
        while start <= self._last and not self._brake.on:
            end = min(start + size - 1, self._last)
            if self._ladder:
                ladder.withdraw(run_id=self._run_id, first=start, last=end, now=clock.now())
            number, claimed = notice_ledger.claim_window(run_id=self._run_id, first=start, last=end, now=clock.now())
            start = end + 1
            if claimed:
                texts = texts or _texts(self._run_id)
                sending = _loop().start(_Sender(self._kind, claimed, texts, self._brake, self._rollcall).run())
                self._under_way.append(_Window(number, claimed, sending))
            if len(self._under_way) == AHEAD:
                self._settle(self._under_way.popleft())
            if time.monotonic() - begun > CHUNK_S:
                break
        while self._under_way:
            self._settle(self._under_way.popleft())
        if admitted and not self._sent:
            breakers.release(breakers.keys(self._kind))
        if self._brake.quiet_s:
            until = clock.now() + timedelta(seconds=self._brake.quiet_s)
            notice_ledger.put_off(run_id=self._run_id, first=start, last=self._last, until=until)
            breakers.note_refusal(self._kind, clock.now())
        elif start <= self._last and not self._brake.stopped:
            apart = self._kind != Contact.Kind.TELEGRAM
            bells.ring_chunks([(self._run_id, start, self._last)], urgent=True, apart=apart)
        seen: dict[str, object] = {
            "run": self._run_id,
            "first": self._first,
            "sent": self._sent,
            "given_back": self._returned,
        }
        marker = {"marker": next(iter(texts.values())).marker} if texts else {}
        log.info("notices sent", extra=seen | marker)

    def _obstacle_s(self) -> float:
        """Return for how long nothing may be tried."""
        now = clock.now()
        names = breakers.keys(self._kind)
        # A Redis that was emptied has forgotten the ban; the database has not.
        quiet_s = throttle.halted_s([throttle.whole(self._kind)])
        until = halts.halted(names, now) or (None if quiet_s else breakers.admit(names, now))
        return max(quiet_s, (until - now).total_seconds() if until else 0.0)

    def _settle(self, window: _Window) -> None:
        """Wait for a window, look meanwhile whether the alert still holds, and write down what became of it."""
        while True:
            try:
                outcomes = window.sending.result(timeout=1.0)
                break
            except TimeoutError:
                if not notice_ledger.holds(run_id=self._run_id, now=clock.now()):
                    self._brake.stopped = True
        now = clock.now()
        notice_ledger.settle_window(number=window.number, outcomes=outcomes, now=now)
        done = {outcome.notice.id for outcome in outcomes}
        if outcomes:
            _tell_breaker(self._kind, outcomes)
        if bans := [o.result.retry_after for o in outcomes if _bans(o.result)]:
            halts.halt(self._kind, now + timedelta(seconds=max(bans)))
        self._sent += len(done)
        if left := [notice.id for notice in window.claimed if notice.id not in done]:
            until = now + timedelta(seconds=self._brake.quiet_s)
            notice_ledger.give_back(number=window.number, ids=left, until=until)
            self._returned += len(left)


def _bans(result: Receipt | PlatformError) -> TypeGuard[Throttled]:
    """Tell whether the platform wants quiet from us, not only with one person."""
    return isinstance(result, Throttled) and result.scope != "recipient"


def _tell_breaker(kind: str, outcomes: Sequence[Outcome]) -> None:
    """One sign of life is enough; only a window without any counts, as one failure."""
    results = [outcome.result for outcome in outcomes]
    if any(isinstance(result, Receipt) for result in results):
        breakers.note_taken(kind)
    alive = next((r for r in results if isinstance(r, Receipt) or not breakers.is_failure(r)), results[0])
    breakers.note(breakers.keys(kind), alive, clock.now())


def _texts(run_id: int) -> _Texts:
    """Return the texts of a run, each as it is for one person and as it is for a household: their buttons differ."""
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    alert = run.alert
    asks_another = run.purpose == NoticeRun.Purpose.EMERGENCY  # who learns nothing of the alert, and cannot answer it
    rollcall = getattr(alert, "rollcall", None) if alert.asks and not asks_another else None
    found = {}
    for wording in notice_wordings(alert, run.kind, run.purpose):
        text = Outgoing(
            text=wording.text,
            marker=alert.marker,
            link="" if asks_another else f"{settings.PUBLIC_URL}/a/{alert.code}",
            language=wording.languages,
            subject=wording.subject,
        )
        for household in (False, True):
            asked = buttons(rollcall.pk, 2 if household else 1, wording.languages) if rollcall else []
            found[wording.pk, household] = replace(text, buttons=tuple((Button(*each),) for each in asked))
    return found


class _Sender:
    """Sends one window on the event loop, within the way's rate, and to no person faster than the way allows."""

    def __init__(
        self, kind: str, claimed: Sequence[Claimed], texts: _Texts, brake: _Brake, rollcall: int | None
    ) -> None:
        self._rollcall = rollcall
        self._kind, self._adapter = kind, wiring.messenger(kind)
        self._claimed, self._texts, self._brake = claimed, texts, brake
        self._outgoing = self._texts_of_all if kind == Contact.Kind.TELEGRAM else self._addressed

    async def run(self) -> list[Outcome]:
        """Send, and return what became of those that were sent."""
        under_way: list[asyncio.Task[Outcome | None]] = []
        size = throttle.lease(self._kind)
        for few in (self._claimed[at : at + size] for at in range(0, len(self._claimed), size)):
            if not await self._permitted(len(few)):
                break
            waits = await asyncio.to_thread(throttle.reserve, [each.address for each in few], kind=self._kind)
            under_way += [asyncio.create_task(self._one(*pair)) for pair in zip(few, waits, strict=True)]
        return [outcome for outcome in await asyncio.gather(*under_way) if outcome is not None]

    def _texts_of_all(self, notice: Claimed) -> Outgoing:
        return self._texts[notice.wording_id, notice.people > 1]

    def _addressed(self, notice: Claimed) -> Outgoing:
        """Return the text with what is this one person's: the key that every try shares, and the way to leave."""
        text = self._texts_of_all(notice)
        text = replace(text, key=notice_ledger.reference(text.marker, notice.id))
        if not notice.contact_id:
            return replace(text, text=about(text.text, notice.about, text.language))
        leave = reverse("public:leave", args=[token_of(notice.contact_id, notice.version)])
        own = own_links.filled(
            text.text, contact_id=notice.contact_id, version=notice.version, rollcall_id=self._rollcall, link=text.link
        )
        return replace(
            text,
            text=own,
            leave_url=f"{settings.PUBLIC_URL}{leave}",
            reply_token=reply_token(self._kind, notice.contact_id, notice.version),
        )

    async def _permitted(self, number: int) -> bool:
        while not self._brake.on:
            wait = await asyncio.to_thread(throttle.take, throttle.for_notices(self._kind), n=number)
            if wait <= 0:
                return not self._brake.on
            if wait > LONGEST_WAIT_S:
                self._brake.quiet_s = max(self._brake.quiet_s, wait)
            else:
                await asyncio.sleep(min(wait, 1.0))
        return False

    async def _one(self, notice: Claimed, wait_s: float) -> Outcome | None:
        if wait_s:
            await asyncio.sleep(wait_s)
        # Too late, and it is given back: it may be somebody else's by the time that it arrives.
        if self._brake.on or clock.now() + LONGEST_SEND > notice.lease_until:
            return None
        try:
            target = wiring.citizen(notice.address, kind=self._kind, sealed=notice.sealed)
            return Outcome(notice, await self._adapter.notify(self._outgoing(notice), target))
        except Throttled as error:
            if error.scope == "recipient":
                return Outcome(notice, error)
            self._brake.quiet_s = max(self._brake.quiet_s, error.retry_after)
            await asyncio.to_thread(throttle.halt, throttle.whole(self._kind), seconds=error.retry_after)
            return Outcome(notice, error)
        except REFUSES_US as error:
            if not self._brake.quiet_s:
                log.error(  # noqa: TRY400
                    "a way to citizens refuses us: no notice leaves by it until it is mended",
                    extra={"way": self._kind, "error": error.code},
                )
            self._brake.quiet_s = max(self._brake.quiet_s, notice_ledger.OURS_TO_MEND.total_seconds())
            return Outcome(notice, error)
        except PlatformError as error:
            return Outcome(notice, error)
        except UnreadableSecret:
            # Opened before anything was sent.
            return Outcome(notice, UnexpectedResponse("the stored address fits none of our keys"))
        except Exception as error:
            marker = self._texts_of_all(notice).marker
            log.exception("an adapter broke its contract", extra={"notice": notice.id, "marker": marker})
            return Outcome(notice, Unconfirmed(f"our own mistake: {type(error).__name__}"))
