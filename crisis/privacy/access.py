"""Everything that is stored of a person, for that person: what the law calls access."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from crisis.audience.addresses import opened
from crisis.audience.models import Citizen, Contact, EmergencyContact, ImportedFile, Link, Member, Stay
from crisis.broadcast.models import Notice
from crisis.checkins.enclosures import Attachment
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.rounds import RoundAnswer
from crisis.checkins.thread import Reply
from crisis.checkins.unverified import Letter, Report
from crisis.gathering.models import Pass
from crisis.journal.operations import append

# What others have told of a person stays theirs too: that it exists is said, their words are for staff to give (GDPR art. 15(4)).
OF_OTHERS = ("report:", "letter:")


@transaction.atomic
def everything(*, citizen: Citizen, now: datetime) -> dict[str, Any]:
    """Return what is stored of somebody, as plain values of JSON; that it was read is journalled, what it was is not.

    Args:
        citizen: who asks for it, by a way that is proven to be their own.
        now: the time.
    """
    append(actor="citizen", action="audience.read_own", subject=f"citizen:{citizen.pk}", now=now)
    told: dict[str, Any] = {
        "ministry": citizen.ministry.code,
        "made_at": now,
        "person": {
            "number": citizen.pk,
            "name": citizen.name,
            "language": citizen.language,
            "people": citizen.people,
            "takes_part_in_exercises": citizen.in_exercises,
            "subscribed_at": citizen.subscribed_at,
            "asked_to_be_erased_at": citizen.erase_asked_at,
            "brought_in_by": citizen.came_with and _list(citizen.came_with),
            "also_on_lists": [_list(each) for each in citizen.also_on.order_by("pk")],
        },
        "household_names": [
            {"name": member.name, "told_at": member.told_at} for member in Member.objects.filter(citizen=citizen)
        ],
        **_ways(citizen),
        "stays": [_stay(stay) for stay in Stay.objects.filter(citizen=citizen).order_by("pk")],
        **_alerts(citizen),
    }
    plain: dict[str, Any] = _plain(told)
    return plain


def _list(file: ImportedFile) -> dict[str, Any]:
    return {"source": file.source, "legal_basis": file.legal_basis, "kept_until": file.expires_on}


def _ways(citizen: Citizen) -> dict[str, Any]:
    third = EmergencyContact.objects.filter(citizen=citizen).first()
    return {
        "contacts": [
            {
                "way": contact.kind,
                "address": opened(contact),
                "state": contact.state,
                "state_why": contact.state_why,
                "since": contact.linked_at,
                "order": contact.rank,
                # Of another way it says whether the address is somebody else's, which is theirs to know (GDPR art. 15(4)).
                "question_that_waits": contact.asked if contact.kind == Contact.Kind.TELEGRAM else "",
                "messages_of_the_last_48_hours": [
                    {"number": said.number, "alert": said.marker, "sent_at": said.sent_at}
                    for said in contact.messages.order_by("number")
                ],
            }
            for contact in citizen.contacts.order_by("rank", "pk")
        ],
        "emergency_contact": third
        and {
            "name": third.name,
            "way": third.kind,
            "address": opened(third),
            "language": third.language,
            "agreed_at": third.agreed_at,
        },
        "links": [
            {"for": link.purpose, "made_at": link.made_at, "until": link.expires_at, "used_at": link.used_at}
            for link in citizen.links.exclude(purpose=Link.Purpose.CONFIRM, used_at=None).order_by("pk")
        ],
    }


def _stay(stay: Stay) -> dict[str, Any]:
    names = ("country", "region", "place_name", "lat", "lon", "time_zone", "until_on", "lives_here", "confirmed_at",
             "asked_at", "ended_at")  # fmt: skip
    return {name: getattr(stay, name) for name in names}


def _alerts(citizen: Citizen) -> dict[str, Any]:
    notices = Notice.objects.filter(contact__citizen=citizen).select_related("run__alert", "contact", "post")
    answers = CheckIn.objects.filter(citizen=citizen).select_related("rollcall__alert", "post")
    cases = Case.objects.filter(citizen=citizen).select_related("rollcall__alert", "post")
    return {
        "messages_sent_to_you": [
            {
                "alert": notice.run.alert.marker, "way": notice.contact.kind, "state": notice.state,
                "sent_at": notice.accepted_at, "post": notice.post and notice.post.name, "people": notice.people,
            }
            for notice in notices.order_by("pk")
        ],
        "your_answers": [
            {
                "alert": answer.rollcall and answer.rollcall.alert.marker, "answer": answer.safety, "people": answer.people,
                "text": "" if answer.ref.startswith(OF_OTHERS) else answer.text,
                "by": answer.source, "at": answer.at, "counts": answer.current,
                "post": answer.post and answer.post.name,
            }
            for answer in answers.order_by("pk")
        ],
        "cases": [
            {
                "alert": case.rollcall and case.rollcall.alert.marker, "about": case.kind, "state": case.state,
                "people": case.people, "opened_at": case.opened_at, "closed_at": case.closed_at, "outcome": case.outcome,
                "post": case.post and case.post.name,
            }
            for case in cases.order_by("pk")
        ],
        **_told_apart(citizen),
    }  # fmt: skip


def _told_apart(citizen: Citizen) -> dict[str, Any]:
    """Return what was said of somebody without registration and found to be theirs, and where they were called to."""
    passes = Pass.objects.filter(citizen=citizen).select_related("gathering__rollcall__alert", "gathering__post")
    reports = Report.objects.filter(citizen=citizen).select_related("alert", "post")
    to_them = (
        Q(case__citizen=citizen) | Q(letter__contact__citizen=citizen) | Q(enquiry__citizen=citizen, to_relative=False)
    )
    replies = Reply.objects.filter(to_them).select_related("contact").order_by("pk")
    return {
        "written_to_you_by_staff": [
            {"text": each.text, "way": each.contact and each.contact.kind, "at": each.written_at, "state": each.state}
            for each in replies
        ],
        "your_answers_to_further_questions": [
            {"question": each.question, "answer": each.value, "at": each.at}
            for each in RoundAnswer.objects.filter(citizen=citizen).order_by("pk")
        ],
        "questions": [
            {
                "text": each.text, "way": each.contact and each.contact.kind, "at": each.received_at,
                "answered_at": each.answered_at,
            }
            for each in Letter.objects.filter(contact__citizen=citizen).select_related("contact").order_by("pk")
        ],
        "recordings_and_pictures": [
            {"what": sent.kind, "state": sent.state, "bytes": sent.size, "at": sent.at}
            for sent in Attachment.objects.filter(case__citizen=citizen)
        ],
        "reports": [
            {
                "alert": report.alert.marker, "answer": report.said, "people": report.people, "at": report.at,
                "post": report.post and report.post.name,
            }
            for report in reports.order_by("pk")
        ],
        "meeting_places": [
            {
                "alert": given.gathering.rollcall.alert.marker, "people": given.people, "state": given.state,
                "until": given.gathering.expires_at, "came_at": given.used_at,
                "post": given.gathering.post and given.gathering.post.name,
            }
            for given in passes.order_by("pk")
        ],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
