"""What the specs say of a platform, its adapter does; and the page about it says the same."""

import dataclasses

import pytest

from platforms import catalog, matrix
from platforms.contract import Amends, Finds, Notifies, PlatformSpec, Verifies, Withdraws
from platforms.strangers import Answers, Listens, Mentions, Responds
from tests.conftest import ROOT
from tests.contract.conftest import Stage
from tests.contract.rows import PRIVATE, ROWS


@pytest.fixture(params=catalog.specs(), ids=lambda spec: spec.slug)
def spec(request: pytest.FixtureRequest) -> PlatformSpec:
    found: PlatformSpec = request.param
    return found


def test_every_platform_goes_through_the_contract_tests() -> None:
    assert set(ROWS) == set(catalog.slugs())
    assert set(PRIVATE) == {spec.slug for spec in catalog.private()}


def test_the_flags_agree_with_the_adapter(spec: PlatformSpec) -> None:
    adapter = catalog.adapter_class(spec.slug)
    assert adapter.spec is spec
    assert spec.amends == issubclass(adapter, Amends)
    assert spec.withdraws == issubclass(adapter, Withdraws)
    assert spec.listens == issubclass(adapter, Listens)
    assert spec.mentions == issubclass(adapter, Mentions)
    assert spec.answers == issubclass(adapter, Answers)
    assert spec.writes_back == issubclass(adapter, Responds)
    if spec.numbered:
        assert issubclass(adapter, Finds), "a number to begin at is of use to whoever reads back"
    if spec.verify_is_charged:
        assert issubclass(adapter, Verifies)
    if spec.blind or spec.by_hand:
        assert not any(issubclass(adapter, kind) for kind in (Amends, Finds, Verifies, Withdraws))
    assert bool(catalog.consent_class(spec.slug)) == (spec.has_screen or spec.claimed)


def test_a_spec_says_where_its_figures_come_from(spec: PlatformSpec) -> None:
    assert spec.base_url.startswith("https://")
    assert spec.web_url.startswith("https://")
    assert not spec.base_url.endswith("/")
    assert len(spec.checked_on) == 10 <= len(spec.source)
    assert spec.rates or spec.by_hand
    assert all(rate.source for rate in spec.rates)
    assert (ROOT / "templates" / "messages" / "layouts" / f"{spec.layout}.txt").is_file()


@pytest.mark.parametrize("spec", catalog.private(), ids=lambda spec: spec.slug)
def test_a_private_way_has_no_timeline_and_says_where_its_figures_come_from(spec: PlatformSpec) -> None:
    found = catalog.messenger_class(spec.slug)
    assert found.spec is spec
    assert issubclass(found, Notifies)
    assert not hasattr(found, "publish")
    assert spec.private
    assert spec.slug not in catalog.slugs()
    assert spec.own_server == (spec.base_url == "")
    assert len(spec.checked_on) == 10 <= len(spec.source)
    assert all(rate.source for rate in spec.rates)
    assert any(rate.scope == "app" for rate in spec.rates)
    assert (ROOT / "templates" / "messages" / "layouts" / f"{spec.layout}.txt").is_file()


def test_what_answers_in_threads_hangs_under_what_it_answers(stage: Stage) -> None:
    first = stage.publish()
    second = dataclasses.replace(stage.out, text=f"Second part. {stage.out.text}", key=f"{stage.out.key}+1")
    answer = dataclasses.replace(second, reply_to=first.remote_id)
    stage.adapter.publish(answer, stage.target)

    last = stage.publications()[-1]
    if stage.adapter.spec.threads:
        assert last["reply_to"] == first.remote_id


def test_the_page_about_the_platforms_is_what_the_code_gives() -> None:
    written = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert written == matrix.table(), "`make matrix` writes it anew"
