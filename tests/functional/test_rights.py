"""Every view x every role x the own post and another: generated from the addresses, so that a view without a rule fails."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.operations import discard, draft, follow_up, recall, revise
from crisis.audience.finding import index_names
from crisis.checkins import letters, reach
from crisis.checkins.casebook import colleagues
from crisis.checkins.enquiries import match
from crisis.checkins.estimates import Estimate
from crisis.checkins.findings import note_finding
from crisis.checkins.holding import assign, hold, mine, take_over
from crisis.checkins.models import LadderStep
from crisis.checkins.phone import MOST, search
from crisis.gathering import codes
from crisis.registry.models import Mode
from crisis.staff.models import OF_POSTS, Officer, Role
from crisis.staff.rights import READ, RIGHTS, SECOND_FACTOR, NotAllowed, Right, may, reach_of
from tests.functional.corrected import updated
from tests.functional.factories import citizen, content, issued
from tests.functional.two_posts import World, member, path_of, right_of, rows_of, views, world


@pytest.fixture
def made(sim: Any) -> World:
    return world()


def signed(officer: Any) -> Client:
    client = Client()
    client.force_login(officer)
    return client


# What a door opens for routine notices asks more of an alert.
_OF_AN_ALERT = {Right.NOTICE: Right.COMPOSE, Right.REVIEW: Right.APPROVE}


@pytest.mark.parametrize("role", list(Role))
def test_each_view_opens_for_the_roles_of_its_right_and_for_no_other(made: World, role: Role) -> None:
    client = signed(member(role, made))
    for pattern in views():
        right, path = right_of(pattern), path_of(pattern, made, made.own)
        does = role in RIGHTS[_OF_AN_ALERT.get(right, right)]  # the one made here is no routine notice
        audits = role == Role.AUDITOR and right in READ
        reads = role in RIGHTS[right] or audits
        shown, done = client.get(path).status_code, client.post(path).status_code
        assert not (does or audits) or shown != 403, f"{role} opens {path}: {shown}"
        assert reads or shown in (403, 405), f"{role} opens {path}: {shown}"
        assert not does or done != 403, f"{role} posts to {path}: {done}"
        assert role in RIGHTS[right] or done in (403, 405), f"{role} posts to {path}: {done}"
        assert reads or 403 in (shown, done), path


def test_the_table_has_each_right_and_each_role_a_right() -> None:
    assert set(RIGHTS) == set(Right)
    assert {role for roles in RIGHTS.values() for role in roles} == set(Role)
    assert not any(
        Role.AUDITOR in roles
        for right, roles in RIGHTS.items()
        if right not in (Right.ALERTS, Right.SEE, Right.JOURNAL)
    )


def test_whatever_lets_something_out_or_stops_it_asks_for_a_second_factor() -> None:
    guarded = {str(pattern.name) for pattern in views() if right_of(pattern) in SECOND_FACTOR}
    assert guarded >= {
        "approve", "alone", "stop", "retry", "retract", "decide", "hand", "release_gathering", "roles", "take_factor",
        "outward_review", "outward_end", "change_entry", "verify_entry", "invite_officer", "access",
    }  # fmt: skip


@pytest.mark.parametrize(
    "role", [role for role in OF_POSTS if any(role in RIGHTS[r] for r in (Right.SEE, Right.CASES))]
)
def test_another_posts_row_is_not_there_and_the_own_one_is(made: World, role: Role) -> None:
    person = member(role, made, bound=True)
    client, looked_at = signed(person), set()
    for pattern in views():
        of = rows_of(pattern)
        if of in (None, reach.rollcalls) or not may(person, right_of(pattern)):
            continue
        theirs, mine = path_of(pattern, made, made.other), path_of(pattern, made, made.own)
        assert {client.get(theirs).status_code, client.post(theirs).status_code} <= {404, 405}, theirs
        assert 404 not in {client.get(mine).status_code, client.post(mine).status_code}, mine
        looked_at.add(of)
    assert looked_at >= {reach.cases, reach.reports, reach.letters, reach.steps, reach.attachments, reach.citizens}


@pytest.mark.parametrize("role", [Role.CLERK, Role.VOLUNTEER])
def test_no_page_shows_a_word_of_another_posts_people(made: World, role: Role) -> None:
    client, shown = signed(member(role, made, bound=True)), ""
    for pattern in views():
        path = path_of(pattern, made, made.own)
        word = made.other.word[:-1]  # found all the same, and told apart from what a page repeats
        pages = [client.get(path), client.get(f"{path}?post={made.other.post.pk}&state=all&name={word}&q={word}")]
        if pattern.name in ("board", "report"):  # a name is posted there, so that it stands in no address
            pages.append(client.post(path, {"name": word, "wanted": word}))
        for page in pages:
            assert made.other.word not in page.content.decode(errors="replace"), path
        shown += pages[0].content.decode(errors="replace")
    assert shown.count(made.own.word) > 5, "what is their own is there"
    board = client.get(f"/console/rollcalls/{made.alert.rollcall.pk}/counts/").content.decode()
    assert made.own.post.name in board
    assert made.other.post.name not in board


def test_nobody_of_another_post_is_found_by_name_nor_let_in_by_code(made: World) -> None:
    client = signed(member(Role.CLERK, made, bound=True))
    found = {
        side.word: client.post("/console/people/", {"wanted": side.word}).content.decode()
        for side in (made.own, made.other)
    }
    assert "Quokka Peeters" in found["Quokka"]
    assert "Wombat Peeters" not in found["Wombat"]
    given = made.other.gathering.passes.get()
    code = codes.shown(codes.of_digest(given.gathering_id, given.citizen_id, given.digest))
    page = client.post("/console/passes/", {"code": code, "step": "let_in"}).content.decode()
    assert "another post" in page
    given.refresh_from_db()
    assert given.used_at is None


def test_a_clerk_whose_posts_are_gone_sees_nobody(made: World) -> None:
    person = member(Role.CLERK, made, bound=True)
    person.grants.get().posts.clear()
    client = signed(person)
    pages = [client.get(f"/console/{path}/").content.decode() for path in ("cases", "reports", "letters", "calls")]
    assert not any(side.word in page for side in (made.own, made.other) for page in pages)


def test_a_volunteer_of_one_alert_finds_no_other(made: World) -> None:
    client = signed(member(Role.VOLUNTEER, made))
    later = issued(countries=["JP"])
    assert client.get(f"/console/rollcalls/{made.alert.rollcall.pk}/").status_code == 200
    assert client.get(f"/console/rollcalls/{later.rollcall.pk}/").status_code == 404
    assert client.get(f"/console/gatherings/{made.own.gathering.pk}/list/").status_code == 403, (
        "no list leaves the house"
    )
    home = client.get("/console/").content.decode()
    assert f"/console/rollcalls/{made.alert.rollcall.pk}/" in home
    assert f"/console/rollcalls/{later.rollcall.pk}/" not in home


def test_what_is_kept_ready_for_all_is_never_shown_to_whoever_is_bound(made: World, officer: Officer) -> None:
    counts, badge = f"/console/rollcalls/{made.alert.rollcall.pk}/counts/", "/console/cases/badge/"
    bound = member(Role.CLERK, made, bound=True)
    for first, second in ((officer, bound), (bound, officer)):
        cache.clear()
        signed(first).get(counts), signed(first).get(badge)
        page, head = (signed(second).get(path).content.decode() for path in (counts, badge))
        assert made.own.post.name in page
        assert (made.other.post.name in page) == (second == officer)
        # At each post a case, and a call for help that was reported without registration.
        assert f'data-waits="{4 if second == officer else 2}"' in head
    seen = signed(officer).get(counts)["ETag"]
    assert signed(bound).get(counts, headers={"If-None-Match": seen}).status_code == 200, "another text than theirs"


def test_the_sums_of_whoever_is_bound_are_those_of_their_posts(made: World, officer: Officer) -> None:
    board = f"/console/rollcalls/{made.alert.rollcall.pk}/"
    mine, whole = signed(member(Role.CLERK, made, bound=True)).get(board), signed(officer).get(board)
    assert (
        mine.context["board"].total.answered("needs_help"),
        whole.context["board"].total.answered("needs_help"),
    ) == (1, 2)
    assert sum(rung.taken for rung in mine.context["ladder"].rungs) == 1
    assert [given for _, _, given in mine.context["hours"]] == [{"needs_help": 1}]
    assert sum(rung.taken for rung in whole.context["ladder"].rungs) == 2
    report = f"/console/exercise/{made.alert.pk}/after/"
    page = signed(member(Role.VOLUNTEER, made, bound=True)).get(report).content.decode()
    assert made.own.post.name in page
    assert made.other.post.name not in page


def test_a_list_that_is_taken_out_holds_only_whom_one_may_see(made: World) -> None:
    LadderStep.objects.update(at=clock.now())
    people, calls = f"/console/rollcalls/{made.alert.rollcall.pk}/export/", "/console/calls/export/"
    client = signed(member(Role.CLERK, made, bound=True))
    for path in (people, calls):
        told = client.post(path, {"form": "csv", "post": ""})
        assert told["Content-Type"].startswith("text/csv")
        assert made.own.word in told.content.decode()
        assert made.other.word not in told.content.decode()
        asked = client.post(path, {"form": "csv", "post": str(made.other.post.pk)}).content.decode()
        assert made.other.word not in asked
        assert signed(member(Role.VOLUNTEER, made)).post(path, {"form": "csv"}).status_code == 403
        Officer.objects.get(username="a-volunteer").delete()


def test_a_case_is_given_only_to_somebody_who_may_open_it(made: World, officer: Officer) -> None:
    bound = member(Role.CLERK, made, bound=True)
    assert bound in colleagues(made.own.case)
    assert bound not in colleagues(made.other.case)
    for case, to in ((made.own.case, bound), (made.other.case, None)):
        signed(officer).post(f"/console/cases/{case.pk}/assign/", {"to": str(bound.pk)})
        case.refresh_from_db()
        assert case.assigned_to == to
    with pytest.raises(NotAllowed):
        assign(case=made.other.case, to=bound, by=officer, now=clock.now())
    for act in (hold, take_over, mine):
        with pytest.raises(NotAllowed):
            act(case=made.other.case, by=bound, now=clock.now())


def test_a_case_of_another_post_takes_in_none_of_ones_own(made: World) -> None:
    client = signed(member(Role.CLERK, made, bound=True))
    page = client.post(
        f"/console/cases/{made.own.case.pk}/merge/", {"into": str(made.other.case.pk)}, follow=True
    ).content.decode()
    assert "no case with this number" in page
    made.own.case.refresh_from_db()
    assert made.own.case.merged_into is None


def test_a_volunteer_goes_on_with_what_was_asked_before_an_update(made: World) -> None:
    volunteer = member(Role.VOLUNTEER, made)
    updated(made.alert, countries=["JP", "KR"])
    client, path = signed(volunteer), f"/console/enquiries/{made.own.enquiry.pk}/"
    assert client.get(path).status_code == 200
    assert f"{made.own.word} writes" in client.get("/console/letters/").content.decode()
    letters.assign(letter=made.own.letter, by=volunteer, now=clock.now())
    match(enquiry=made.own.enquiry, citizen=made.own.citizen, by=volunteer, now=clock.now())


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.AUDITOR])
def test_who_is_missing_or_deceased_is_not_for_volunteers_nor_auditors(
    made: World, officer: Officer, role: Role
) -> None:
    note_finding(case=made.own.case, finding="missing", by=officer, now=clock.now())
    client, path = signed(member(role, made)), f"/console/cases/{made.own.case.pk}/"
    assert client.get(path).status_code == 403
    assert client.post(f"{path}lift/").status_code == 403
    assert f"{made.own.word} Peeters" not in client.get("/console/cases/").content.decode()


def test_whoever_is_bound_asks_nobody_else_s_people_again_and_estimates_only_their_countries(made: World) -> None:
    client, path = signed(member(Role.CLERK, made, bound=True)), f"/console/rollcalls/{made.alert.rollcall.pk}/"
    assert client.post(f"{path}round/").status_code == 403
    assert not made.alert.rollcall.rounds.exists()
    asked = {"people": "40", "source": "tour operators", "as_of": f"{clock.now():%Y-%m-%d}"}
    assert client.post(f"{path}estimate/", asked | {"estimated": made.other.post.country}).status_code == 403
    assert client.post(f"{path}estimate/", asked | {"estimated": made.own.post.country}).status_code == 302
    assert list(Estimate.objects.values_list("country", flat=True)) == [made.own.post.country]


def test_a_bound_clerk_finds_their_own_among_very_many_of_one_name(made: World) -> None:
    for number in range(MOST + 1):
        citizen("Seoul", name=f"Aaron Peeters {number}")
    index_names()
    found = search("Peeters", reach_of(member(Role.CLERK, made, bound=True), Right.CASES))
    assert [each.name for each in found] == ["Quokka Peeters"]


def test_a_post_editor_writes_notices_for_their_own_posts_only(made: World) -> None:
    editor = member(Role.POST_EDITOR, made, bound=True)
    own, other = (
        content(countries=[side.post.country], slug="office-closed", publish_at="") for side in (made.own, made.other)
    )
    written = draft(content=own, mode=Mode.EXERCISE, by=editor, now=clock.now())
    with pytest.raises(NotAllowed, match="other posts"):
        draft(content=other, mode=Mode.EXERCISE, by=editor, now=clock.now())
    with pytest.raises(NotAllowed, match="other posts"):
        revise(alert=written, revision=1, content=other, by=editor, now=clock.now())
    everybody = member(Role.OFFICER, made)
    theirs = draft(content=other, mode=Mode.EXERCISE, by=everybody, now=clock.now())
    for act in (recall, discard):
        with pytest.raises(NotAllowed, match="other posts"):
            act(alert=theirs, by=editor, now=clock.now())
    with pytest.raises(NotAllowed, match="other posts"):
        follow_up(earlier=theirs, msg_type="Update", content=own, by=editor, now=clock.now())


def test_whoever_is_bound_does_not_stop_the_reminders_of_everybody(made: World) -> None:
    client = signed(member(Role.CLERK, made, bound=True))
    assert client.post(f"/console/rollcalls/{made.alert.rollcall.pk}/stop-reminding/").status_code == 403
    made.alert.rollcall.refresh_from_db()
    assert made.alert.rollcall.quiet_since is None
