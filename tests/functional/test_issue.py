"""Preflight and issue: what would go out is what goes out, once, to those who are meant, or nothing at all."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from crisis import clock
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, Rollcall, State
from crisis.alerts.operations import Changed
from crisis.alerts.where import Circle
from crisis.audience.operations import stop as stop_contact
from crisis.broadcast.issue import approve_and_issue, issue
from crisis.broadcast.models import Delivery, DeliveryState, Notice, NoticeRun, Wording
from crisis.broadcast.operations import stop, submit
from crisis.broadcast.preflight import Refused, look
from crisis.broadcast.release import Verdict, may_leave
from crisis.journal.models import Entry
from crisis.registry.models import Account, Holder, Installation, Jurisdiction, Ministry, Mode, Post
from crisis.registry.operations import add_account, pause
from crisis.staff.models import Officer
from tests.functional.factories import NOW, citizen, drafted, fill, issued, one, shadow, submitted, thread


def spoken(alert: Alert) -> dict[str, tuple[str, ...]]:
    return {plan.account.platform: plan.languages for plan in look(alert, clock.now()).plans}


def test_japan_has_one_post_with_two_accounts_and_the_ministrys_channel() -> None:
    found = look(drafted(), clock.now())
    assert [post.code for post in found.posts] == ["be-tokyo-emb"]
    assert {str(plan.account) for plan in found.publishing} == {
        "facebook belgianembassytokyo", "x belgiumembjapan", "telegram @tocsin_demo_alerts",
    }  # fmt: skip
    assert not found.problems
    assert not found.ticks


def test_a_post_without_an_account_is_named_and_needs_a_tick(officer: Officer) -> None:
    alert = drafted(countries=["XK"])
    found = look(alert, clock.now())
    assert found.ticks == {"posts_without_account": ["be-pristina-emb"]}

    with pytest.raises(Refused, match="Embassy of Belgium in Pristina"):
        submit(alert=alert, revision=1, acknowledged={}, by=officer, now=NOW)
    with pytest.raises(Refused):
        submit(alert=alert, revision=1, acknowledged={"posts_without_account": ["be-tokyo-emb"]}, by=officer, now=NOW)
    submit(alert=alert, revision=1, acknowledged=found.ticks, by=officer, now=NOW)


def test_a_tick_is_for_what_it_named(officer: Officer, approver: Officer) -> None:
    """Another post has lost its last account since: the tick does not cover it."""
    alert = submitted(countries=["XK", "JP"])
    Account.objects.filter(holder__post__code="be-tokyo-emb").update(broadcast=Account.Broadcast.NEVER)

    with pytest.raises(Refused, match="Embassy of Belgium in Tokyo"):
        approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)

    alert.refresh_from_db()
    assert alert.state == State.SUBMITTED, "nothing is half done"
    assert not Delivery.objects.exists()
    assert not Wording.objects.exists()


def test_an_empty_target_is_refused() -> None:
    found = look(drafted(countries=["AQ"]), clock.now())
    assert found.problems == ["No post of ours is competent for Antarctica: there is nobody to speak for."]


def test_nobody_to_tell_is_refused() -> None:
    Account.objects.update(broadcast=Account.Broadcast.NEVER)
    found = look(drafted(countries=["XK"]), clock.now())
    assert any("empty target is refused" in problem for problem in found.problems)


def test_another_ministrys_posts_are_never_targets() -> None:
    other = Ministry.objects.get(code="GB")
    post = Post.objects.create(ministry=other, code="gb-tokyo", name="Other", kind="embassy", country="JP")
    Jurisdiction.objects.create(post=post, country="JP")
    holder = Holder.objects.create(ministry=other, kind="post", name="Other", post=post)
    theirs = add_account(holder=holder, platform="x", address="ukinjapan", now=NOW)

    alert = issued()

    assert not Delivery.objects.filter(account__in=[theirs, theirs.shadow]).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(
            alert=alert,
            account=theirs.shadow,
            mode="exercise",
            account_mode="exercise",
            account_home=theirs.is_home,
            queued_at=NOW,
        )
    assert may_leave(alert=alert, account=theirs.shadow, now=clock.now()).verdict == Verdict.STOP


def test_an_account_speaks_its_own_languages_in_its_own_order() -> None:
    Account.objects.filter(address="belgianembassytokyo").update(languages=["en", "fr"])
    assert spoken(drafted())["facebook"] == ("en", "fr")
    theirs = spoken(drafted())["x"]
    assert (set(theirs[:2]), theirs[2:]) == ({"nl", "fr"}, ("de", "en")), "without a list, the ministry's, taking turns"


def test_required_languages_take_turns_by_alert_and_post_and_an_alert_keeps_its_own() -> None:
    alerts = [drafted(countries=["JP", "CD", "US"]) for _ in range(2)]
    orders = [{plan.account: plan.languages for plan in look(alert, clock.now()).plans} for alert in alerts]
    for account, order in orders[0].items():
        assert {order[0], orders[1][account][0]} == {"nl", "fr"}, "the next alert begins with the other"
    assert {order[0] for order in orders[0].values()} == {"nl", "fr"}, "the posts of one alert do not all begin alike"
    again = {plan.account: plan.languages for plan in look(alerts[0], clock.now()).plans}
    assert again == orders[0]
    by_post = {(a.holder_id, order) for a, order in orders[0].items()}
    assert len(by_post) == len({holder for holder, _ in by_post}), "all accounts of a post speak alike"


def test_without_that_policy_the_ministrys_own_order_stands() -> None:
    Ministry.objects.update(rotate_first=False)
    assert {spoken(drafted())["x"] for _ in range(2)} == {("nl", "fr", "de", "en")}


def test_a_list_that_is_the_ministrys_takes_turns_too_and_any_other_does_not() -> None:
    Account.objects.filter(address="belgianembassytokyo").update(languages=["nl", "fr", "de", "en"])
    Account.objects.filter(address="belgiumembjapan").update(languages=["nl", "fr"])
    told = [spoken(drafted()) for _ in range(2)]
    assert {one["facebook"][0] for one in told} == {"nl", "fr"}
    assert {one["x"] for one in told} == {("nl", "fr")}


def test_on_x_both_required_languages_stand_before_anything_goes_on(sim: Any) -> None:
    alert = issued(free={"details": {"fr": "Aéroport fermé.", "nl": "Luchthaven dicht."}})
    parts = [d.wording for d in Delivery.objects.filter(alert=alert, account__platform="x").order_by("part")]
    told = [(part.languages, f"/a/{alert.code}" in part.text) for part in parts if part]
    assert {language for language, _ in told[:2]} == {"nl", "fr"}
    assert [linked for _, linked in told] == [True, True] + [False] * (len(told) - 2)
    assert [language for language, _ in told] == [language for language, _ in told[:2]] * (len(told) // 2)
    for language, details in (("nl", "Luchthaven dicht."), ("fr", "Aéroport fermé.")):
        assert details in "\n".join(part.text for part in parts if part and part.languages == language)


def test_a_missing_language_uses_the_next_and_the_preview_shows_it() -> None:
    Account.objects.filter(address="belgianembassytokyo").update(languages=["en", "fr"])
    alert = drafted(free={"details": {"fr": "Aéroport fermé.", "nl": "Luchthaven dicht."}})
    plan = next(plan for plan in look(alert, clock.now()).plans if plan.account.address == "belgianembassytokyo")
    assert (plan.languages, plan.missing) == (("fr",), ("en",))


def test_only_an_account_with_no_language_left_is_held(sim: Any) -> None:
    Account.objects.filter(address="belgianembassytokyo").update(languages=["en"])
    alert = issued(free={"details": {"fr": "Aéroport fermé.", "nl": "Luchthaven dicht."}})

    held = one(alert, "facebook")
    assert (held.state, held.reason) == (DeliveryState.HELD, "no_language")
    assert one(alert, "telegram").state == DeliveryState.QUEUED


def test_a_required_language_that_is_missing_needs_a_tick() -> None:
    alert = drafted(free={"details": {"fr": "Aéroport fermé."}})
    assert look(alert, clock.now()).ticks == {"missing_languages": ["nl"]}


def test_an_account_that_asks_is_used_only_when_ticked() -> None:
    account = Account.objects.get(address="belgiumembjapan", mode=Mode.LIVE)
    Account.objects.filter(pk=account.pk).update(broadcast=Account.Broadcast.ASK)
    assert "x" not in spoken(drafted())
    assert "x" in spoken(drafted(accounts=[account.pk]))


def test_a_text_over_the_limit_is_said_with_its_figures(settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000/" + "very-long/" * 30
    found = look(drafted(), clock.now())
    assert any(
        re.search("X, (nl/fr|fr/nl)/de/en: even the shortest form has", problem) and "of 280" in problem
        for problem in found.problems
    )


def test_live_needs_reviewed_texts_and_verified_numbers_or_ticks() -> None:
    Installation.objects.update(kind="live")
    found = look(drafted(mode=Mode.LIVE), clock.now())
    assert found.ticks["unreviewed_texts"] == ["nl", "fr", "de", "en"]
    assert found.ticks["unverified_numbers"] == ["+32 2 501 40 00"]


# --- issuing -----------------------------------------------------------------------------------------------------------------


def test_issuing_freezes_everything_in_one_go(sim: Any) -> None:
    alert = issued()

    assert alert.state == State.ISSUED
    assert "<status>Exercise</status>" in alert.snapshot
    deliveries = {
        (d.account.platform, d.part): d.state for d in Delivery.objects.filter(alert=alert).select_related("account")
    }
    # On X each of four languages stands alone, and then goes on with what had no room.
    assert deliveries == dict.fromkeys(
        [("telegram", 1), ("facebook", 1), *(("x", part + 1) for part in range(thread(alert)))], "queued"
    )
    forms = {(w.platform, w.form) for w in Wording.objects.filter(alert=alert)}
    assert forms == {(p, f) for p in ("telegram", "facebook", "x", "notice") for f in ("alert", "retraction")}
    assert Rollcall.objects.filter(alert=alert).exists()
    entry = Entry.objects.get(action="broadcast.issue")
    assert entry.data["deliveries"] == 2 + thread(alert)
    assert alert.expires_at is not None
    assert alert.issued_at is not None
    assert (alert.expires_at - alert.issued_at).total_seconds() == 48 * 3600


def test_every_text_of_an_exercise_says_so_first_and_last(sim: Any) -> None:
    citizen()
    from crisis.wording.catalogue import words

    alert = issued()
    for wording in Wording.objects.filter(alert=alert):
        marks = [words(language)["exercise"] for language in wording.languages.split(",")]
        assert wording.text.startswith(marks[0])
        assert wording.text.endswith(marks[-1])
        assert alert.marker in wording.text
        linked = f"/a/{alert.code}" in wording.text
        assert linked or (wording.platform, wording.form) == ("x", "alert"), "only what goes on has no link"


def test_an_exercise_uses_shadows_only_and_the_database_says_so(sim: Any) -> None:
    alert = issued()
    assert set(Delivery.objects.values_list("mode", "account_mode", "account__mode")) == {("exercise",) * 3}
    live = Account.objects.get(address="belgiumembjapan", mode=Mode.LIVE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(
            alert=alert, account=live, mode="exercise", account_mode=live.mode, account_home=True, queued_at=NOW
        )


def test_a_double_click_issues_once(approver: Officer, sim: Any) -> None:
    alert = submitted()
    again = Alert.objects.get(pk=alert.pk)
    approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)

    with pytest.raises((NotPossible, Changed)):
        approve_and_issue(alert=again, revision=1, by=approver, now=NOW)
    with pytest.raises((NotPossible, Changed)):
        issue(alert=Alert.objects.get(pk=alert.pk), by=approver, now=NOW)
    assert Delivery.objects.filter(alert=alert).count() == 2 + thread(alert)


def test_a_paused_account_is_skipped_with_its_reason_and_nobody_else(sim: Any) -> None:
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=NOW)
    alert = issued()
    assert (one(alert, "x").state, one(alert, "x").reason) == (DeliveryState.SKIPPED, "paused")
    assert one(alert, "facebook").state == DeliveryState.QUEUED


def test_a_shadow_that_is_not_connected_is_skipped(sim: Any) -> None:
    account = shadow("x", "belgiumembjapan")
    account.credential.delete()
    assert one(issued(), "x").reason == "not_connected"


# --- who is meant --------------------------------------------------------------------------------------------------------------


def told(alert: Alert) -> list[str]:
    rows = Notice.objects.filter(run__alert=alert).order_by("id")
    return list(rows.values_list("contact__citizen__name", flat=True))


def test_only_those_who_are_there_and_want_it_are_meant(sim: Any) -> None:
    citizen("Tokyo", name="in Tokyo")
    citizen("Osaka", name="in Osaka")
    citizen("Seoul", name="in Seoul")
    citizen("", name="nowhere")
    citizen("Tokyo", name="no exercises", exercises=False)
    stop_contact(contact=citizen("Tokyo", name="stopped"))

    alert = issued(slots={"place": "Osaka"})

    assert told(alert) == ["in Osaka", "in Tokyo"], "the most exposed first"
    assert NoticeRun.objects.get(alert=alert).state == NoticeRun.State.FILLED


def test_a_circle_means_those_inside_it(sim: Any) -> None:
    citizen("Yokohama", name="27 km away")
    citizen("Osaka", name="400 km away")
    assert told(issued(countries=[], circle=Circle("Tokyo", 50))) == ["27 km away"]


def test_each_citizen_has_the_post_that_serves_them_and_their_language(sim: Any) -> None:
    citizen("Lubumbashi", language="nl", people=3)
    citizen("Kinshasa", language="de")
    alert = issued(countries=["CD"])

    rows = Notice.objects.filter(run__alert=alert).values_list("post__code", "wording__languages", "people")
    assert set(rows) == {("be-lubumbashi-cg", "nl", 3), ("be-kinshasa-emb", "de", 1)}


def test_a_citizen_whose_language_is_missing_gets_the_next(sim: Any) -> None:
    citizen("Tokyo", language="de")
    alert = issued(free={"details": {"fr": "Aéroport fermé.", "nl": "Luchthaven dicht."}})
    assert Notice.objects.get(run__alert=alert).wording.languages == "nl"
    assert look(alert, clock.now()).fallbacks == {"de": "nl", "en": "nl"}


def test_stopping_empties_what_is_queued(sim: Any, officer: Officer) -> None:
    citizen("Tokyo")
    alert = issued()
    assert stop(alert=alert, by=officer, now=NOW) == 3 + thread(alert)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"stopped"}
    assert Notice.objects.get().state == "stopped"
    fill(alert)
    assert Notice.objects.count() == 1
    with pytest.raises(NotPossible):
        stop(alert=alert, by=officer, now=NOW)


def test_content_cannot_be_issued_by_who_may_only_write(officer: Officer) -> None:
    from crisis.staff.rights import NotAllowed

    alert = submitted()
    with pytest.raises(NotAllowed):
        issue(alert=alert, by=officer, now=NOW)
