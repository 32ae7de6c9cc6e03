"""The preview and the approval: each language's text once, what each platform gets folded, and nothing wrong hidden in a fold."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from console.forms import ComposeForm
from crisis.alerts.models import Alert, Info
from crisis.audience.models import Contact
from crisis.health.models import Canary
from crisis.registry.models import Account
from crisis.registry.queries import home_ministry
from crisis.wording.catalogue import situation
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, drafted, issued, reachable, shadow, submitted
from tests.functional.test_console import form

SignIn = Callable[[str], Client]


def page_of(client: Client, alert: Alert) -> str:
    return client.get(f"/console/exercise/{alert.pk}/").content.decode()


def folds(page: str) -> dict[str, tuple[bool, str]]:
    """Of each fold that has a name: whether it stands open, and its line in plain words."""
    found = re.findall(r'<details[^>]*id="([\w-]+)"([^>]*)>\s*<summary>(.*?)</summary>', page, re.DOTALL)
    return {
        name: ("open" in rest.split(), " ".join(re.sub("<[^>]+>", " ", line).split())) for name, rest, line in found
    }


def test_each_language_stands_once_and_the_readers_own_first_and_open(signed_in: SignIn) -> None:
    approver = signed_in("approver")
    approver.post("/console/account/language/", {"language": "fr"})
    seen = page_of(approver, submitted())
    languages = {name: fold for name, fold in folds(seen).items() if name.startswith("text-")}
    assert list(languages) == ["text-fr", "text-nl", "text-de", "text-en"]
    assert [name for name, (stands_open, _) in languages.items() if stands_open] == ["text-fr"]
    whole = seen[seen.index('id="text-fr"') : seen.index('id="text-nl"')]
    assert "Tremblement de terre" in whole
    assert "Êtes-vous" in whole or "êtes-vous" in whole, "in its fullest form, with what is asked at its end"


def test_a_folded_language_says_who_reviewed_it_or_that_nobody_has(
    signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = page_of(signed_in("approver"), submitted())
    assert folds(seen)["text-nl"] == (False, "Dutch")
    assert folds(seen)["text-en"] == (True, "English")
    assert seen.count("Reviewed by no native speaker yet") == 1, "what holds for all of them is said once, above them"

    reviewed = replace(situation("earthquake").texts["nl"], reviewed_by="N. Native", reviewed_on="2026-11-01")
    monkeypatch.setitem(situation("earthquake").texts, "nl", reviewed)
    seen = page_of(signed_in("approver"), submitted())
    assert folds(seen)["text-nl"] == (False, "Dutch reviewed by N. Native")
    assert folds(seen)["text-en"] == (True, "English reviewed by nobody yet")
    assert "Reviewed by no native speaker yet" not in seen

    spoken = {"details": dict.fromkeys(("nl", "fr", "de", "en"), "Airport closed.")}
    lines = folds(page_of(signed_in("approver"), submitted(free=spoken)))
    assert lines["text-nl"][1] == "Dutch reviewed by N. Native with words of its own, which nobody has reviewed"


def test_what_each_platform_gets_is_folded_with_its_counter(signed_in: SignIn) -> None:
    seen = page_of(signed_in("approver"), submitted())
    lines = folds(seen)
    stands_open, line = lines["platform-x"]
    assert not stands_open
    assert re.fullmatch(r"Exactly what X gets 1 account · \d+ of 280 weighted characters( · shortened)?", line)
    assert {name for name, (stands, _) in lines.items() if stands} == {"text-en"}
    assert re.fullmatch(
        r"Exactly what each platform gets 3 platforms and ways( · shortened: \d)?", lines["variants"][1]
    )
    assert not lines["variants"][0]
    body = seen[seen.index('id="platform-x"') :]
    assert "EXERCISE" in body[: body.index("</details>")], "and whoever opens it reads exactly what goes out"


def test_a_text_that_is_too_long_stands_open(signed_in: SignIn, settings: Any) -> None:
    alert = drafted()
    settings.PUBLIC_URL = "http://127.0.0.1:8000/" + "very-long/" * 30
    seen = page_of(signed_in("officer"), alert)
    stands_open, line = folds(seen)["platform-weibo" if 'id="platform-weibo"' in seen else "platform-x"]
    assert stands_open
    assert "text too long" in line or "texts too long" in line
    stands_open, line = folds(seen)["variants"]
    assert stands_open
    assert "too long" in line, "and the line above says so too"


def test_a_translation_that_is_missing_stands_open(signed_in: SignIn) -> None:
    Account.objects.filter(address="belgianembassytokyo").update(languages=["en", "fr"])
    alert = drafted(free={"details": {"fr": "Aéroport fermé.", "nl": "Luchthaven dicht."}})
    lines = folds(page_of(signed_in("officer"), alert))
    assert not lines["platform-facebook"][0], "what is missing stands red once, and not at each platform again"
    assert lines["text-en"] == (True, "English missing: Details")
    assert lines["text-de"] == (True, "German missing: Details")
    assert not lines["text-fr"][0]
    coach = lines["coach"][1]
    assert "✓" not in coach, "nothing is complete in which a language lacks something"


def test_an_access_that_is_dead_stands_open(signed_in: SignIn) -> None:
    page = shadow("facebook", "belgianembassytokyo")
    Canary.objects.create(
        name=f"account:{page.pk}", platform="facebook", account=page, due_at=NOW + timedelta(days=1), failures=1,
        code="bad_credentials", failed_since=NOW,
    )  # fmt: skip
    stands_open, line = folds(page_of(signed_in("approver"), submitted()))["platform-facebook"]
    assert stands_open
    assert line.endswith("1 access dead")


def test_what_citizens_get_by_another_way_can_be_read_too(signed_in: SignIn) -> None:
    reachable(citizen("Tokyo"), Contact.Kind.SMS, "+32470000001")
    seen = page_of(signed_in("approver"), submitted())
    stands_open, line = folds(seen)["way-sms"]
    assert not stands_open
    assert re.match(r"Exactly what citizens get by SMS \d+ of \d+ messages", line)
    body = seen[seen.index('id="way-sms"') :]
    assert "OEFENING" in body[: body.index("</details>")]


def test_while_it_is_written_the_sentence_and_the_coach_are_read_at_once(signed_in: SignIn) -> None:
    seen = signed_in("officer").post("/console/exercise/new/earthquake/preview/", form()).content.decode()
    lines = folds(seen)
    assert "EXERCISE – Earthquake – Osaka, Japan (told: Japan, South Korea) – " in seen, "more are told than are named"
    assert lines["coach"][0], "whoever writes reads at once what is lacking"
    assert not lines["numbers"][0]
    assert seen.index("EXERCISE – Earthquake – Osaka") < seen.index('id="text-en"') < seen.index('id="platform-x"')


def test_the_decision_stands_after_what_is_decided(signed_in: SignIn) -> None:
    alert = submitted()
    seen = page_of(signed_in("approver"), alert)
    parts = (
        'href="#decision"', 'class="fitness"', 'id="text-en"', 'id="platform-x"', 'id="decision"', 'name="agreed"',
        "Approve and issue now", 'name="note"', 'id="rings"',
    )  # fmt: skip
    places = [seen.index(part) for part in parts]
    assert places == sorted(places)
    assert 'class="sentence"' not in seen, "it stands beside the tick, once"
    assert "Who was rung" not in seen, "whoever decides is told only once somebody else has decided"

    theirs = page_of(signed_in("officer"), alert)
    assert "#decision" not in theirs
    assert "Who was rung" in theirs
    assert theirs.index("An approver must read it") < theirs.index('id="text-en"'), "how it stands comes first"


def test_what_forbids_an_approval_is_said_once_and_first(signed_in: SignIn) -> None:
    alert = submitted()
    Info.objects.filter(alert=alert).update(missing=["time"])
    seen = page_of(signed_in("approver"), alert)
    assert seen.count("No language is complete yet") == 1
    assert seen.index('id="problems"') < seen.index('disabled aria-describedby="problems"')


def test_whoever_has_published_sees_first_how_to_retract_it(signed_in: SignIn, sim: Running) -> None:
    seen = page_of(signed_in("approver"), issued())
    assert seen.index("Retract it") < seen.index("Check-in board") < seen.index('id="progress"')
    if 'id="cards"' in seen:
        assert not folds(seen)["cards"][0]


def test_what_waits_for_an_approval_is_the_first_thing_an_approver_sees(signed_in: SignIn, sim: Running) -> None:
    issued()
    alert = submitted()
    seen = signed_in("approver").get("/console/").content.decode()
    main = seen[seen.index('<main id="main">') :]
    assert main.index(alert.marker) < main.index("No approver on tonight")
    assert main.index("Waiting for approval") < main.index("Issued")


def test_what_is_here_again_as_it_began_stays_folded() -> None:
    about, house = situation("earthquake"), home_ministry()
    assert not ComposeForm(form(slot_magnitude="", remind_after="60"), situation=about, ministry=house).open_further
    assert ComposeForm(form(slot_magnitude="", remind_after="30"), situation=about, ministry=house).open_further
