"""Amending and withdrawing: done once however often it is repeated, and whatever becomes of the answer."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

import pytest

from platforms import catalog
from platforms.contract import Amends, Outgoing, Receipt, Withdraws
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformError,
    PublicationGone,
    Throttled,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from tests.contract.conftest import Stage
from tests.contract.test_abuse import show_no_secret

AMENDERS = [spec.slug for spec in catalog.specs() if spec.amends]
WITHDRAWERS = [spec.slug for spec in catalog.specs() if spec.withdraws]
DEEDS = [("edit", slug) for slug in AMENDERS] + [("delete", slug) for slug in WITHDRAWERS]

# fault, its parameters, the outcome, whether the change was made nevertheless
TABLE: list[tuple[str, dict[str, Any], type[PlatformError], bool]] = [
    ("cut_before", {}, Unfinished, False),
    ("cut_after", {}, Unfinished, True),
    ("cut_within", {}, Unfinished, True),
    ("slow_after", {"seconds": 2.5}, Unfinished, True),
    ("drip", {"seconds": 0.3}, Unfinished, True),
    ("error_html", {"status": 500}, Unfinished, False),
    ("error_html", {"status": 502, "stored": True}, Unfinished, True),
    ("error_html", {"status": 502, "content_type": None}, Unfinished, False),
    ("error_json", {"status": 500}, Unfinished, False),
    ("empty_json", {"status": 500}, Unfinished, False),
    ("empty_json", {"status": 200}, Unfinished, False),
    ("garbage_2xx", {}, Unfinished, False),
    ("array_2xx", {}, Unfinished, False),
    ("answer_bytes", {"size": 10_000_000}, Unfinished, False),
    ("redirect", {"to": "http://127.0.0.1:9/elsewhere"}, UnexpectedResponse, False),
    ("rate_limit", {"retry_after": 7}, Throttled, False),
    ("rate_limit", {"retry_after": None}, Throttled, False),
    ("unauthorized", {}, BadCredentials, False),
    ("suspended", {}, AccountRestricted, False),
]


def corrected(out: Outgoing) -> Outgoing:
    return dataclasses.replace(out, text=out.text.replace("Stay outside", "Go inside"))


@pytest.fixture(params=AMENDERS)
def amender(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


@pytest.fixture(params=WITHDRAWERS)
def withdrawer(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


def deed(stage: Stage, kind: str, receipt: Receipt) -> Callable[[], object]:
    if kind == "edit":
        return lambda: stage.amend(receipt.remote_id, corrected(stage.out))
    return lambda: stage.withdraw(receipt.remote_id)


def test_each_platform_says_what_it_can(stage: Stage) -> None:
    assert isinstance(stage.adapter, Amends) == (stage.slug in AMENDERS)
    assert isinstance(stage.adapter, Withdraws) == (stage.slug in WITHDRAWERS)


def test_the_new_text_stands_in_the_place_of_the_old_one(amender: Stage) -> None:
    receipt = amender.publish()

    amended = amender.amend(receipt.remote_id, corrected(amender.out))

    assert amended == receipt
    (standing,) = amender.publications()
    assert standing["remote_id"] == receipt.remote_id
    assert standing["text"] == corrected(amender.out).text
    assert standing["original_text"] == amender.out.text
    assert standing["edited_at"]
    assert not standing["deleted_at"]


def test_the_same_text_again_is_no_error(amender: Stage) -> None:
    receipt = amender.publish()
    for _ in range(2):
        assert amender.amend(receipt.remote_id, corrected(amender.out)) == receipt


def test_what_is_withdrawn_is_gone_and_stays_so(withdrawer: Stage) -> None:
    receipt = withdrawer.publish()
    for _ in range(2):
        withdrawer.withdraw(receipt.remote_id)

    (gone,) = withdrawer.publications()
    assert gone["deleted_at"]


@pytest.mark.parametrize(("kind", "slug"), DEEDS, ids=[f"{kind}-{slug}" for kind, slug in DEEDS])
@pytest.mark.parametrize(("fault", "params", "expected", "done"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_each_abuse_is_one_outcome_after_which_it_can_be_done_again(
    stage_of: Any,
    kind: str,
    slug: str,
    fault: str,
    params: dict[str, Any],
    expected: type[PlatformError],
    done: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage: Stage = stage_of(slug)
    receipt = stage.publish()
    do = deed(stage, kind, receipt)
    caplog.set_level(logging.DEBUG)
    stage.fault(fault, method=kind, **params)

    with pytest.raises(PlatformError) as raised:
        do()

    assert type(raised.value) is expected, repr(raised.value)
    (after,) = stage.publications()
    assert bool(after["edited_at"] if kind == "edit" else after["deleted_at"]) == done
    show_no_secret(stage, raised.value, caplog)

    do()

    (standing,) = stage.publications()
    assert bool(standing["deleted_at"]) == (kind == "delete")
    if kind == "edit":
        assert standing["text"] == corrected(stage.out).text
    assert stage.world.control("GET", "requests")["tokens_in_urls"] == 0


def test_what_is_unknown_of_a_change_is_tried_again() -> None:
    assert Unfinished.retryable


def test_what_is_gone_cannot_be_amended(amender: Stage) -> None:
    receipt = amender.publish()
    amender.withdraw(receipt.remote_id)

    with pytest.raises(PublicationGone):
        amender.amend(receipt.remote_id, corrected(amender.out))

    assert [bool(each["deleted_at"]) for each in amender.publications()] == [True], "nothing was published instead"


def test_what_the_platform_calls_missing_counts_as_withdrawn(stage_of: Any) -> None:
    for slug in ("telegram", "x"):
        stage: Stage = stage_of(slug)
        receipt = stage.publish()
        stage.fault("edit_missing", method="delete")
        stage.withdraw(receipt.remote_id)


def test_telegram_calls_a_message_missing(stage_of: Any) -> None:
    stage: Stage = stage_of("telegram")
    receipt = stage.publish()
    for words in ("message to edit not found", "MESSAGE_ID_INVALID"):
        body = {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}
        stage.fault("error_json", method="edit", status=400, body=body)
        with pytest.raises(PublicationGone):
            stage.amend(receipt.remote_id, corrected(stage.out))


@pytest.mark.parametrize(
    ("kind", "words"), [("edit", "message can't be edited"), ("delete", "message can't be deleted for everyone")]
)
def test_telegram_leaves_alone_what_it_does_not_let_us_change(stage_of: Any, kind: str, words: str) -> None:
    stage: Stage = stage_of("telegram")
    receipt = stage.publish()
    stage.fault(
        "error_json",
        method=kind,
        status=400,
        body={"ok": False, "error_code": 400, "description": f"Bad Request: {words}"},
    )

    with pytest.raises(Unsupported):
        deed(stage, kind, receipt)()


def test_telegram_changes_nothing_without_a_number(stage_of: Any) -> None:
    stage: Stage = stage_of("telegram")
    with pytest.raises(Unsupported):
        stage.amend("", stage.out)
    with pytest.raises(Unsupported):
        stage.withdraw("by hand")


@pytest.mark.parametrize("kind", ["edit", "delete"])
def test_facebook_has_one_code_for_gone_and_for_forbidden_and_we_tell_them_apart(stage_of: Any, kind: str) -> None:
    stage: Stage = stage_of("facebook")
    receipt = stage.publish()
    stage.fault("edit_missing", method=kind)

    with pytest.raises(Unsupported):
        deed(stage, kind, receipt)()

    assert not stage.publications()[0]["deleted_at"]


@pytest.mark.parametrize("fault", ["cut_before", "error_html", "garbage_2xx", "empty_json"])
@pytest.mark.parametrize("method", ["post", "page"])
def test_facebook_is_not_believed_while_it_cannot_be_asked_what_is_gone(stage_of: Any, method: str, fault: str) -> None:
    stage: Stage = stage_of("facebook")
    receipt = stage.publish()
    stage.withdraw(receipt.remote_id)
    stage.fault(fault, method=method)

    with pytest.raises(Unfinished):
        stage.withdraw(receipt.remote_id)
    stage.withdraw(receipt.remote_id)


def test_facebook_touches_no_other_page(stage_of: Any) -> None:
    stage: Stage = stage_of("facebook")
    with pytest.raises(Unsupported):
        stage.withdraw("111_222")
    assert stage.world.control("GET", "requests")["total"] == 0


def test_facebook_refuses_a_duplicate_as_a_text_not_as_an_unknown(stage_of: Any) -> None:
    stage: Stage = stage_of("facebook")
    receipt = stage.publish()
    stage.fault(
        "error_json", method="edit", status=400, body={"error": {"message": "Duplicate status message", "code": 506}}
    )

    with pytest.raises(ContentRejected):
        stage.amend(receipt.remote_id, corrected(stage.out))


def test_x_does_not_delete_what_is_another_accounts(stage_of: Any) -> None:
    stage: Stage = stage_of("x")
    receipt = stage.publish()
    words = "You are not authorized to delete this Tweet."
    stage.fault("error_json", method="delete", status=403, body={"detail": words, "title": "Forbidden", "status": 403})

    with pytest.raises(Unsupported):
        stage.withdraw(receipt.remote_id)


def test_x_calls_missing_with_a_404_or_within_a_200(stage_of: Any) -> None:
    stage: Stage = stage_of("x")
    receipt = stage.publish()
    missing = {
        "title": "Not Found Error",
        "resource_type": "tweet",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    stage.fault("error_json", method="delete", status=200, body={"errors": [missing]})
    stage.withdraw(receipt.remote_id)
    # A 404 of something on the way says nothing of the post.
    stage.fault("error_html", method="delete", status=404)
    with pytest.raises(UnexpectedResponse):
        stage.withdraw(receipt.remote_id)


def test_telegram_stands_alone_where_what_it_answers_is_gone(stage_of: Any) -> None:
    stage: Stage = stage_of("telegram")
    first = stage.publish()
    stage.withdraw(first.remote_id)

    stage.adapter.publish(dataclasses.replace(corrected(stage.out), reply_to=first.remote_id), stage.target)

    assert [bool(each["deleted_at"]) for each in stage.publications()] == [True, False]
