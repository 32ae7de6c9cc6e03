"""Where only a person publishes, the adapter sends nothing and says so; the simulator plays the page and its editor."""

from typing import Any

import pytest
import requests

from platforms import catalog
from platforms.errors import ByHand
from tests.contract.conftest import Stage

BY_HAND = [spec.slug for spec in catalog.specs() if spec.by_hand]


@pytest.fixture(params=BY_HAND)
def by_hand(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


def test_nothing_is_sent(by_hand: Stage) -> None:
    with pytest.raises(ByHand) as raised:
        by_hand.publish()

    assert not raised.value.retryable
    assert by_hand.world.control("GET", "requests")["total"] == 0
    assert by_hand.standing() == 0


def test_a_person_publishes_changes_and_takes_away(by_hand: Stage) -> None:
    page = f"{by_hand.world.url}/manual/{by_hand.target.address}"
    with requests.Session() as person:
        written = person.post(f"{by_hand.world.url}/hands/{by_hand.target.address}", data={"text": by_hand.out.text})
        assert written.url.startswith(f"{page}/"), "the address of what stands there, to be copied"
        assert "Stay outside &amp; away." in written.text
        assert by_hand.standing() == 1
        change = written.url.replace("/manual/", "/hands/")
        assert "Go inside" in person.post(change, data={"text": "Go inside <now>"}).text
        assert "deleted" in person.post(change, data={"away": "yes"}).text
        assert person.post(change, data={"text": "again"}).status_code == 404
        assert person.post(f"{by_hand.world.url}/hands/nobody", data={"text": "x"}).status_code == 404
    (gone,) = by_hand.publications()
    assert (gone["text"], bool(gone["deleted_at"])) == ("Go inside <now>", True)
