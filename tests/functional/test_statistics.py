"""What is measured of accounts: asked once a day, brought in from files, ranked only where there is data, with its source."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from atlas.statistics import FEW
from crisis import clock
from crisis.checkins.unverified import Letter
from crisis.encryption import Secrets, seal
from crisis.health.models import Canary, Pulse
from crisis.health.operations import enrol
from crisis.presence.answering import FEWEST, note_answers
from crisis.presence.guidelines import guidelines
from crisis.presence.history import followers_over_time
from crisis.presence.models import AccountSnapshot, DayTotal, Latest, Source
from crisis.presence.operations import due, record, record_count
from crisis.presence.ranking import By, ranking
from crisis.presence.readiness import readiness
from crisis.presence.standing import standings
from crisis.registry import renewals
from crisis.registry.atlas import open_posts, public_accounts
from crisis.registry.keeping import Consent
from crisis.registry.models import Account, Holder, Mode, Post
from crisis.registry.operations import Access, connect
from crisis.registry.queries import home_ministry
from demo import figures
from simulator.testing import Running
from tasks import statistics
from tests.functional.test_atlas import shown

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def post_of(account: Account) -> Post:
    assert account.holder.post is not None
    return account.holder.post


def live(platform: str = "facebook", number: int = 0) -> Account:
    return public_accounts().filter(platform=platform, holder__post__isnull=False).order_by("pk")[number]


def followed(account: Account, followers: int, on: date = DAY, source: Source = Source.EXPORT) -> None:
    record(account=account, on=on, source=source, figures={"followers": followers}, now=NOON)


def only(monkeypatch: pytest.MonkeyPatch, *accounts: Account) -> None:
    """Let nobody else be due."""
    now = clock.now()
    for other in Account.objects.filter(is_home=True, mode="live").exclude(pk__in=[each.pk for each in accounts]):
        Latest.objects.update_or_create(account=other, defaults={"asked_at": now})


def test_the_simulator_is_asked_once_a_day_and_what_it_says_is_called_demo_data(
    sim: Running, monkeypatch: pytest.MonkeyPatch, at: Callable[[datetime], None]
) -> None:
    account = live("x")
    only(monkeypatch, account)
    statistics.count()
    found = AccountSnapshot.objects.get()
    assert (found.account, found.source, found.on) == (account, "demo", clock.now().date())
    assert found.followers == figures.followers(account)
    statistics.count()
    assert AccountSnapshot.objects.count() == 1, "once a day"
    assert DayTotal.objects.get(platform="").followers == found.followers


def test_what_stands_there_after_a_week_tells_how_often_is_published() -> None:
    account = live("x")
    for days, publications in ((0, 100), (1, 100), (7, 114)):
        at = NOON + timedelta(days=days)
        record_count(account=account, followers=None, publications=publications, source=Source.PLATFORM, now=at)
    latest = Latest.objects.get(account=account)
    assert (latest.followers, latest.posts_per_week, latest.last_post_on) == (None, 14.0, DAY + timedelta(days=7))
    assert latest.origin("posts_per_week") == (DAY + timedelta(days=7), Source.PLATFORM)


def test_who_does_not_answer_is_asked_again_within_the_hour_and_loses_nothing(
    sim: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = live("facebook")
    followed(account, 5, clock.now().date() - timedelta(days=1))
    only(monkeypatch, account)
    sim.control(
        "POST",
        "faults",
        {"platform": account.platform, "fault": "error_json", "times": None, "method": None, "params": {}},
    )
    statistics.count()
    latest = Latest.objects.get(account=account)
    assert latest.followers == 5
    assert latest.asked_at is not None
    assert latest.asked_at < clock.now() - timedelta(hours=18)


def test_nobody_is_ranked_without_data_and_every_figure_has_its_source() -> None:
    home, first, second = home_ministry(), live(number=0), live(number=1)
    followed(first, 500)
    followed(second, 900, DAY - timedelta(days=3))
    found = ranking(home, by="account", of="followers", on=DAY)
    assert [(line.place, line.value) for line in found.lines] == [(1, 900), (2, 500)]
    assert (found.measured, found.of) == (2, public_accounts().exclude(holder__post=None).count() + others())
    assert found.lines[0].days == [DAY - timedelta(days=3)]
    assert found.lines[0].sources == {Source.EXPORT}
    by: By
    for by, key in (
        ("post", str(second.holder.post_id)),
        ("country", post_of(second).country),
        ("platform", "facebook"),
    ):
        best = ranking(home, by=by, of="followers", on=DAY)
        assert best.lines[0].key == key
        assert best.lines[0].value == (1400 if by == "platform" else 900)
        assert best.measured < best.of
    assert ranking(home, by="part", of="posts_per_week", on=DAY).lines == ()


def others() -> int:
    return public_accounts().filter(holder__post=None).count()


def test_a_newer_figure_counts_and_on_one_day_the_better_source() -> None:
    account = live()
    followed(account, 10, source=Source.PLATFORM)
    followed(account, 99, source=Source.FORM)
    followed(account, 7, DAY - timedelta(days=1), Source.PLATFORM)
    latest = Latest.objects.get(account=account)
    assert (latest.followers, latest.origin("followers")) == (10, (DAY, Source.PLATFORM))
    followed(account, 12, DAY + timedelta(days=1), Source.FORM)
    latest.refresh_from_db()
    assert (latest.followers, latest.origin("followers")) == (12, (DAY + timedelta(days=1), Source.FORM))
    assert AccountSnapshot.objects.count() == 4, "what each said stands"


def test_an_export_is_kept_row_by_row_and_bad_rows_are_named(tmp_path: Path, capsys: Any) -> None:
    account = live("facebook")
    file = tmp_path / "export.csv"
    rows = [
        "Platform;Page name;Date;Followers;Last post",
        f"Facebook;{account.address};2026-03-01;12 345;2026-02-27",
        f"facebook;{account.address};2026-03-02;12'400;2026-03-09",
        "facebook;nobody-of-ours;2026-03-01;1;",
        f"facebook;{account.address};03/04/2026;1;",
        f"facebook;{account.address};2999-01-01;1;",
        f"facebook;{account.address};2026-03-01;many;",
    ]
    file.write_text("\n".join(rows), encoding="cp1252")
    for _ in range(2):
        with pytest.raises(CommandError, match="5 rows left out"):
            call_command("import_statistics", file)
    said = capsys.readouterr().err
    assert "line 3: the last post, 2026-03-09, is later" in said
    assert "line 4: no account 'nobody-of-ours'" in said
    assert "line 5: '03/04/2026' is no day" in said
    kept = AccountSnapshot.objects.get()
    assert (kept.followers, kept.last_post_on, kept.source) == (12345, date(2026, 2, 27), "export")
    file.write_text("followers\n5\n")
    with pytest.raises(CommandError, match="no column is: platform, account, on"):
        call_command("import_statistics", file)
    file.write_text("day,members\n2026-03-01,5\n")
    call_command("import_statistics", file, platform="facebook", account=account.address, map=["members=followers"])
    assert AccountSnapshot.objects.get().followers == 5


@pytest.mark.parametrize(
    ("written", "read"),
    [("1234.0", 1234), ("12.5", None), ("1.500", 1500), ("1,234,567", 1_234_567), ("1,2345", None), ("12 345,00", 12_345),
     ("1.2K", None), ("1234567890", None)],
)  # fmt: skip
def test_a_number_is_read_as_it_was_meant_or_not_at_all(tmp_path: Path, written: str, read: int | None) -> None:
    kept, bad = of_file(tmp_path, f"{live().address};2026-03-01;{written};12.5;7.5")
    assert [row.followers for row in kept] == ([read] if read else [])
    assert [row.posts_per_week for row in kept] == ([12.5] if read else [])
    assert [row.answer_minutes for row in kept] == ([8] if read else [])
    assert ("is no number for followers" in bad) == (read is None)


@pytest.mark.parametrize(
    "day", ["Sun, Mar 1, 2026", "Tue, Mar 3, 2026", "Thu, Mar 5, 2026", "2026-03-05T23:59:00Z", "2026-03-05 10:00"]
)
def test_every_day_of_the_week_is_a_day(tmp_path: Path, day: str) -> None:
    kept, bad = of_file(tmp_path, f"{live().address};{day};5;;")
    assert (len(kept), bad) == (1, "")


def test_a_row_with_a_cell_too_many_is_not_cut_short(tmp_path: Path) -> None:
    kept, bad = of_file(tmp_path, f"{live().address};2026-03-01;5;;;;", f"{live().address};2026-03-02;12;345;;;1")
    assert [row.on for row in kept] == [date(2026, 3, 1)], "empty cells at the end say nothing"
    assert "line 3: it has more cells" in bad


def of_file(tmp_path: Path, *rows: str) -> tuple[list[AccountSnapshot], str]:
    """Bring rows in; return what is kept, and what is said of the others."""
    file, said = tmp_path / "figures.csv", StringIO()
    file.write_text("\n".join(["account;date;followers;posts per week;response time", *rows]), encoding="utf-8")
    with suppress(CommandError):
        call_command("import_statistics", file, platform="facebook", stderr=said)
    return list(AccountSnapshot.objects.order_by("on")), said.getvalue()


def test_a_long_file_needs_few_questions(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    """However many days it tells of: the database of a small house has one writer at a time."""
    name = live().address
    rows = [f"{name};{DAY - timedelta(days=number)};{number};;" for number in range(700)]
    with django_assert_max_num_queries(40):
        kept, bad = of_file(tmp_path, *rows)
    assert (len(kept), bad) == (700, "")
    latest = Latest.objects.get(account=live())
    assert (latest.followers, latest.origin("followers")) == (0, (DAY, Source.EXPORT))
    of_file(tmp_path, f"{live().address};{DAY};;3;")
    newest = AccountSnapshot.objects.get(on=DAY)
    assert (newest.followers, newest.posts_per_week) == (0, 3.0), "what the second file does not say is not taken away"


def test_nobody_uses_the_access_of_a_person_who_has_not_agreed() -> None:
    account, ends = live("x"), NOON + timedelta(days=1)
    Account.objects.filter(pk=account.pk).update(paused_at=None)
    connect(
        account=account, address=account.address, platform_id="", secrets=Secrets({"token": "t"}), actor="test", now=NOON,
        access=Access(expires_at=ends),
    )  # fmt: skip

    def used(now: datetime) -> set[str]:
        """Return for what."""
        enrol(chat=False, platforms=["x"], now=now)
        renewed = renewals.due(now, {"x": timedelta(days=30)}, limit=1000)
        uses = {
            "counted": account in due(["x"], now, mode=Mode.LIVE, limit=1000),
            "tried": Canary.objects.filter(account=account).exists(),
            "renewed": account.credential.pk in renewed,
        }
        return {name for name, is_used in uses.items() if is_used}

    every = {"counted", "tried", "renewed"}
    assert used(NOON) == every
    person = Holder.objects.create(ministry=home_ministry(), kind=Holder.Kind.PERSON, name="Ada Example")
    Account.objects.filter(pk=account.pk).update(holder=person)
    assert used(NOON) == set()
    Consent.objects.create(holder=person, given_on=DAY, until=DAY, paper="file 7")
    assert used(NOON) == every
    assert used(NOON + timedelta(days=1)) == set()


def test_how_soon_people_are_answered_is_known_from_our_own_inbox(
    client: Client, at: Callable[[datetime], None]
) -> None:
    at(NOON)
    account, silent = live("facebook", 0), live("facebook", 1)
    for number in range(FEWEST):
        asked(account, number, minutes=number + 10)
    asked(silent, 99, minutes=1)
    note_answers(NOON, mode=Mode.EXERCISE)
    assert not Latest.objects.filter(answer_minutes__isnull=False).exists(), "a drill's answers prove nothing"
    Pulse.objects.all().delete()
    note_answers(NOON, mode=Mode.LIVE)
    (line,) = ranking(home_ministry(), by="account", of="answer_minutes", on=DAY).lines
    assert (line.accounts, line.value, line.sources) == ([account.pk], 12, {Source.INBOX})
    assert "our own inbox, 2026-03-02" in shown(client, "statistics/?l=en&by=account&of=answer_minutes")
    asked(account, 100, minutes=1)
    asked(account, 101, minutes=1)
    for now, minutes in ((NOON + timedelta(hours=1), 12), (NOON + timedelta(days=1), 11)):
        note_answers(now, mode=Mode.LIVE)
        assert Latest.objects.get(account=account).answer_minutes == minutes, "once a day"


def asked(account: Account, number: int, *, minutes: int) -> None:
    """Let somebody have asked on an account, and have been answered."""
    came = NOON - timedelta(days=1)
    Letter.objects.create(
        way="private", account=account, ref=str(number), author_key=str(number), author=seal("x"), mode=Mode.LIVE, text="When?",
        written_at=came, received_at=came, answered_at=came + timedelta(minutes=minutes),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"), [("nl", "gemeten"), ("fr", "mesurés"), ("de", "gemessen"), ("en", "measured")]
)
def test_the_page_says_what_was_measured_in_each_language(client: Client, language: str, words: str) -> None:
    figures.history(clock.now())
    page = shown(client, f"statistics/?l={language}&by=country")
    many = len(
        {line.key for line in ranking(home_ministry(), by="country", of="followers", on=clock.now().date()).lines}
    )
    assert f"<p>{many} " in page
    assert words in page
    assert "<polyline" in page
    assert "style=" not in page
    demo = {"nl": "demogegevens", "fr": "données de démonstration", "de": "Demodaten", "en": "demo data"}[language]
    assert page.count(demo) > min(many, FEW), "at the top, and at each line"


def test_an_empty_house_ranks_nobody(client: Client) -> None:
    page = shown(client, "statistics/?l=en&by=nonsense&of=nonsense")
    assert f"0 of {open_posts(home_ministry(), on=clock.now().date()).count()} measured" in page
    assert "Nothing has been measured yet." in page
    assert "demo data:" not in page


def test_a_posts_page_says_when_it_was_last_seen_to_publish(client: Client) -> None:
    account = live("x")
    record(account=account, on=DAY, source=Source.FORM, figures={"last_post_on": DAY, "followers": 3}, now=NOON)
    page = shown(client, f"post/{post_of(account).code}?l=en")
    assert "last post 2026-03-02 (the post’s own form, 2026-03-02)" in page
    assert "3 followers" in page


def test_a_year_is_drawn_from_what_each_account_last_had(client: Client) -> None:
    first, second = live("facebook"), live("x")
    for account, followers, days in ((first, 10, 20), (second, 5, 13), (first, 30, 6), (second, 7, 400)):
        followed(account, followers, DAY - timedelta(days=days))
    found = followers_over_time([first, second], on=DAY)
    assert [followers for _, followers in found] == [10, 15, 35]
    followed(first, 31, DAY - timedelta(days=6), Source.PLATFORM)
    followed(first, 99, DAY - timedelta(days=6), Source.FORM)
    assert followers_over_time([first, second], on=DAY)[-1][1] == 36, "of one day the better source, as everywhere"
    assert found[-1][0] <= DAY
    AccountSnapshot.objects.all().delete()
    figures.history(clock.now())
    assert "<polyline" in shown(client, f"post/{post_of(first).code}?l=en")
    assert shown(client, "statistics/?l=en&by=platform").count("<polyline") > 1


def test_readiness_asks_five_questions_and_ranks_only_what_was_measured() -> None:
    home, account = home_ministry(), live("facebook")
    rules = guidelines(home)
    record(
        account=account, on=DAY, source=Source.PLATFORM, now=NOON,
        figures={"followers": rules.followers, "last_post_on": DAY - timedelta(days=rules.days_silent)},
    )  # fmt: skip
    first, *rest = readiness(standings(home, on=DAY), home, rules, now=NOON, access=True)
    answers = {answer.question: answer.yes for answer in first.answers}
    assert first.standing.post == account.holder.post
    assert answers == {"reach": True, "fresh": True, "languages": True, "access": True, "website": None}
    assert first.place == 1
    silent = [row for row in rest if not row.standing.accounts]
    assert silent
    assert all(row.place is not None and row.yes == 0 for row in silent), "who has no account is known to reach nobody"
    unknown = [row for row in rest if row.standing.accounts and row.standing.website]
    assert {row.place for row in unknown} == {None}
