"""The duty roster: whose turn it is by the ministry's clock, what is missing, and by which ways somebody is reached."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis.encryption import blind_index, open_sealed
from crisis.journal.models import Entry
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from crisis.staff.roster import Duty, Shift, Way
from crisis.staff.rostering import RosterError, add_shift, link_chat, make_code, officer_of, set_way
from crisis.staff.shifts import Gap, gaps, morning_after, on_duty
from demo import furnish
from simulator.testing import Running
from tests.functional.factories import NOW
from tests.functional.phones import Person

SignIn = Callable[[str], Client]
BRUSSELS = "Europe/Brussels"
EVERY_DAY = range(7)


def named(username: str) -> Officer:
    return Officer.objects.get(username=username)


def shift(who: str = "approver", *, duty: Duty = Duty.APPROVER, hours: tuple[int, int] = (18, 8), **more: Any) -> Shift:
    begins, ends = (time(hour) for hour in hours)
    days: dict[str, Any] = {} if "on" in more else {"weekdays": EVERY_DAY}
    return add_shift(
        officer=named(who), duty=duty, begins=begins, ends=ends, by=named("officer"), now=NOW, **{**days, **more}
    )


def approvers(at: datetime, **more: Any) -> list[str]:
    return [each.username for each in on_duty(Duty.APPROVER, now=at, zone=BRUSSELS, **more)]


def test_a_night_shift_ends_on_the_next_day_by_the_ministrys_clock() -> None:
    shift(weekdays=[4])  # Friday 18:00 to Saturday 8:00, in summer two hours before UTC
    friday = datetime(2027, 7, 2, tzinfo=UTC)
    assert approvers(friday.replace(hour=15, minute=59)) == []
    assert approvers(friday.replace(hour=16)) == ["approver"]
    assert approvers(friday + timedelta(days=1, hours=5, minutes=59)) == ["approver"]
    assert approvers(friday + timedelta(days=1, hours=6)) == []
    assert approvers(friday + timedelta(days=1, hours=20)) == []


def test_whoever_is_rung_first_stands_first_and_only_for_the_own_countries() -> None:
    shift("deputy", hours=(0, 0), turn=1, countries=["JP", "KR"])
    shift("approver", hours=(0, 0), turn=2)
    assert approvers(NOW) == ["deputy", "approver"]
    assert approvers(NOW, countries={"PE"}) == ["approver"]
    assert approvers(NOW, countries={"PE", "JP"}) == ["deputy", "approver"]


def test_a_dated_shift_comes_once_and_whoever_lost_the_role_is_on_none() -> None:
    shift("deputy", on=date(2027, 1, 1), hours=(9, 17))
    noon = datetime(2027, 1, 1, 11, tzinfo=UTC)
    assert approvers(noon) == ["deputy"]
    assert approvers(noon + timedelta(days=7)) == []
    Grant.objects.filter(officer__username="deputy", role=Role.APPROVER).delete()
    assert approvers(noon) == []


def test_gaps_are_found_to_the_minute_and_by_country() -> None:
    begin = datetime(2027, 1, 4, 23, tzinfo=UTC)  # midnight in Brussels, a Tuesday
    asked: dict[str, Any] = {
        "begin": begin,
        "end": begin + timedelta(days=1),
        "zone": BRUSSELS,
        "countries": {"JP", "PE"},
    }
    assert gaps(Duty.APPROVER, **asked) == [Gap(begin, begin + timedelta(days=1))]
    shift("approver", hours=(18, 8))
    shift("deputy", hours=(8, 12), countries=["JP"])
    eight, noon, evening = (begin + timedelta(hours=hour) for hour in (8, 12, 18))
    assert gaps(Duty.APPROVER, **asked) == [Gap(eight, noon, ("PE",)), Gap(noon, evening)]
    assert gaps(Duty.APPROVER, **asked, depth=2) == [Gap(begin, begin + timedelta(days=1))]


def test_a_night_ends_in_the_morning_on_the_day_that_clocks_change() -> None:
    assert morning_after(datetime(2027, 3, 27, 23, tzinfo=UTC), BRUSSELS) == datetime(2027, 3, 28, 6, tzinfo=UTC)
    assert morning_after(datetime(2027, 3, 28, 6, tzinfo=UTC), BRUSSELS) == datetime(2027, 3, 29, 6, tzinfo=UTC)


def test_the_roster_is_changed_by_who_may_for_who_can() -> None:
    with pytest.raises(NotAllowed):
        add_shift(
            officer=named("approver"), duty=Duty.APPROVER, begins=time(1), ends=time(2), weekdays=[1], by=named("clerk"),
            now=NOW,
        )  # fmt: skip
    with pytest.raises(RosterError, match="holds no role that may approve"):
        shift("clerk")
    with pytest.raises(RosterError, match="days of the week, or one date"):
        shift(weekdays=[])
    assert not Shift.objects.exists()


def test_the_console_puts_somebody_on_duty_and_says_what_is_missing(signed_in: SignIn) -> None:
    officer = signed_in("officer")
    home = officer.get("/console/").content.decode()
    assert "No approver on tonight’s roster" in home
    typed = {
        "officer": named("approver").pk, "duty": "approver", "begins": "00:00", "ends": "00:00", "turn": "1",
        "weekdays": [*EVERY_DAY], "countries": "",
    }  # fmt: skip
    officer.post("/console/roster/add/", typed)
    home = officer.get("/console/").content.decode()
    assert "No approver on tonight’s roster" not in home
    assert "No second approver on tonight’s roster" in home
    assert "approves tonight, and has fewer than two confirmed ways" in home
    officer.post("/console/roster/add/", typed | {"officer": named("deputy").pk, "turn": "2"})
    page = officer.get("/console/roster/").content.decode()
    assert "tonight’s roster" not in page
    assert "every day" in page
    for row in Shift.objects.all():
        officer.post(f"/console/roster/{row.pk}/remove/")
    assert "No approver on tonight’s roster" in officer.get("/console/").content.decode()
    done = Entry.objects.filter(subject=f"officer:{named('approver').pk}", action__startswith="staff.").exclude(
        action="staff.grant"
    )
    assert list(done.values_list("action", flat=True)) == ["staff.add_shift", "staff.remove_shift"]


def test_a_shift_that_is_over_for_good_is_no_longer_listed(signed_in: SignIn, at: Any) -> None:
    at(NOW)
    kept = [shift(on=NOW.date() - timedelta(days=1)), shift(on=NOW.date())]  # a night's ends today
    gone = shift(on=NOW.date() - timedelta(days=2))
    page = signed_in("officer").get("/console/roster/").content.decode()
    assert all(f"/console/roster/{each.pk}/remove/" in page for each in kept)
    assert f"/console/roster/{gone.pk}/remove/" not in page


def test_what_is_typed_wrongly_on_the_roster_is_said(signed_in: SignIn) -> None:
    officer, good = signed_in("officer"), {
        "officer": named("approver").pk, "duty": "approver", "begins": "18:00", "ends": "08:00", "weekdays": [1],
    }  # fmt: skip
    for wrong, said in (
        ({"begins": "late"}, "hours as 18:00"),
        ({"ends": "08:00+02:00"}, "hours as 18:00"),
        ({"countries": "Atlantis"}, "Unknown country: Atlantis"),
        ({"officer": "0"}, "Choose a person"),
        ({"on": "tomorrow"}, "date as"),
    ):
        assert said in officer.post("/console/roster/add/", good | wrong, follow=True).content.decode()
    assert not Shift.objects.exists()


def test_the_demo_lacks_nobody_at_any_hour(sim: Running, signed_in: SignIn) -> None:
    for _ in range(2):
        furnish.roster(NOW)
    assert on_duty(Duty.APPROVER, now=NOW, zone=BRUSSELS) == [named("approver"), named("deputy")]
    home = signed_in("officer").get("/console/").content.decode()
    assert "tonight" not in home
    assert set(Way.objects.values_list("kind", flat=True)) == {"telegram", "email"}


def test_a_chat_is_linked_by_a_code_that_works_once_and_for_some_minutes() -> None:
    code = make_code(officer=named("approver"), now=NOW)
    assert link_chat(code=code, chat=5, now=NOW + timedelta(minutes=10)) is None
    assert link_chat(code=code.lower(), chat=5, now=NOW + timedelta(minutes=9)) == named("approver")
    assert link_chat(code=code, chat=6, now=NOW) is None
    assert officer_of(5) == named("approver")
    other = make_code(officer=named("deputy"), now=NOW)
    assert link_chat(code=other, chat=5, now=NOW) == named("deputy"), "a chat is one person's"
    assert list(Way.objects.values_list("officer__username", flat=True)) == ["deputy"]
    Officer.objects.filter(username="deputy").update(is_active=False)
    assert officer_of(5) is None


def test_an_address_is_sealed_and_belongs_to_one_person(signed_in: SignIn) -> None:
    set_way(officer=named("approver"), kind=Way.Kind.EMAIL, text=" Anton@Ministry.example ", now=NOW)
    way = Way.objects.get()
    assert way.address == blind_index("anton@ministry.example")
    assert open_sealed(way.sealed) == "anton@ministry.example"
    page = signed_in("approver").get("/console/reach/").content.decode()
    assert "a…@ministry.example" in page
    assert "anton@" not in page
    with pytest.raises(RosterError, match="Somebody else"):
        set_way(officer=named("deputy"), kind=Way.Kind.EMAIL, text="anton@ministry.example", now=NOW)
    for text in ("no", "a@b", "0123"):
        with pytest.raises(RosterError):
            set_way(officer=named("deputy"), kind=Way.Kind.SMS, text=text, now=NOW)


def test_the_consoles_code_links_the_chat_that_says_it_and_makes_no_citizen_of_it(
    person: Callable[..., Person], signed_in: SignIn
) -> None:
    from crisis.audience.models import Contact

    me = person()
    page = signed_in("approver").post("/console/reach/", {"do": "code"}).content.decode()
    code = page.partition("/duty ")[2][:8]
    (told,) = me.does("text", text=f"/start duty_{code}")
    assert "now linked to Anton Approver" in told["text"]
    assert officer_of(me.chat) == named("approver")
    assert not Contact.objects.filter(address=str(me.chat)).exists()
    (again,) = me.does("text", text=f"/duty {code}")
    assert "not valid" in again["text"]
