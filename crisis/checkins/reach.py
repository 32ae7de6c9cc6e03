"""Whose people, cases, calls, reports and letters somebody may see or touch: each kind of row, and the way to its post."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Stay
from crisis.broadcast.models import Notice
from crisis.checkins.enclosures import Attachment
from crisis.checkins.models import Case, CheckIn, LadderStep
from crisis.checkins.seeking import Enquiry
from crisis.checkins.unverified import Letter, Report
from crisis.registry.models import Jurisdiction
from crisis.staff.models import Officer
from crisis.staff.reach import Reach
from crisis.staff.rights import NotAllowed, Right, reach_of, require

# Words that no restricted case holds: those are read in the case only, by whoever may open it.
UNRESTRICTED = Q(case=None) | Q(case__finding="")


def rollcalls(reach: Reach) -> QuerySet[Rollcall]:
    """Return the rollcalls whose board is theirs; what stands on it is bounded by itself."""
    return Rollcall.objects.filter(reach.asked())


def cases(reach: Reach) -> QuerySet[Case]:
    """Return the cases in reach."""
    return Case.objects.filter(reach.rows())


def reports(reach: Reach) -> QuerySet[Report]:
    """Return the reports in reach."""
    return Report.objects.filter(reach.rows())


def steps(reach: Reach) -> QuerySet[LadderStep]:
    """Return the steps of the ladder in reach."""
    return LadderStep.objects.filter(reach.rows())


def _of_chain(rollcall: int) -> Q:
    """Return what holds for rows that are about any alert of a rollcall's chain: the rollcall moves on to the newest."""
    return Q(alert__code__in=Rollcall.objects.filter(pk=rollcall).values("alert__code"))


def letters(reach: Reach) -> QuerySet[Letter]:
    """Return the letters in reach: those to an account of the post, and those of people whom it serves."""
    return Letter.objects.filter(reach.rows(rollcall=_of_chain))


def enquiries(reach: Reach) -> QuerySet[Enquiry]:
    """Return the enquiries about somebody in reach: of the post that serves the place named in them."""
    return Enquiry.objects.filter(reach.rows(rollcall=_of_chain))


def attachments(reach: Reach) -> QuerySet[Attachment]:
    """Return the files in reach: those of the cases in reach."""
    return Attachment.objects.filter(reach.rows("case__post", "case__rollcall"))


def citizens(reach: Reach) -> QuerySet[Citizen]:
    """Return the people in reach: whom one of the posts was asked about, or serves where they are now.

    Of a single rollcall they are only those whom it means or who have answered it.
    """
    return Citizen.objects.filter(of_people(reach))


def of_people(reach: Reach) -> Q:
    """Return the same as a condition on citizens, which is looked up for each: for few of them, those of a name or a number."""
    if reach.everything:
        return Q()
    told = Notice.objects.filter(reach.rows("post", "run__alert__rollcall"))
    found = Q(Exists(CheckIn.objects.filter(reach.rows(), citizen=OuterRef("pk"))))
    found |= Q(Exists(cases(reach).filter(citizen=OuterRef("pk"))))
    found |= Q(Exists(told.filter(contact__citizen=OuterRef("pk"))))
    for posts, rollcall in reach.parts:
        if posts is not None and rollcall is None:
            found |= Q(Exists(_served(posts).filter(citizen=OuterRef("pk"))))
    return found


def _served(posts: frozenset[int]) -> QuerySet[Stay]:
    """Return the stays in what posts serve: where several are competent for a place, each sees its people."""
    where = Q(pk__in=[])
    consular = Jurisdiction.objects.filter(kind=Jurisdiction.Kind.CONSULAR)
    for country, region in consular.filter(post__in=posts).values_list("country", "region"):
        if region:
            where |= Q(country=country, region=region)
        else:
            apart = consular.filter(country=country).exclude(region="").exclude(post__in=posts)
            where |= Q(country=country) & ~Q(region__in=list(apart.values_list("region", flat=True)))
    return Stay.objects.filter(where, ended_at=None)


def require_all(officer: Officer, right: Right, rollcall: Rollcall) -> None:
    """Let an officer pass who holds a right for everybody whom a rollcall asks.

    Raises:
        NotAllowed: they hold it not, or for some posts only.
    """
    require(officer, right)
    if not reach_of(officer, right).holds(None, rollcall.pk):
        raise NotAllowed(_("Other posts' people are asked too: ask somebody who is not bound to some posts."))


def require_person(officer: Officer, right: Right, citizen: Citizen) -> None:
    """Let an officer pass who holds a right for this person.

    Raises:
        NotAllowed: they hold it not, or for others only.
    """
    require(officer, right)
    if not citizens(reach_of(officer, right)).filter(pk=citizen.pk).exists():
        raise NotAllowed(_("This person is served by another post, or meant by another alert, than yours."))
