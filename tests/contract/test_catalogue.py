"""What the specs say of a platform, its adapter does; and the page about it says the same."""

import dataclasses

import pytest

from platforms import catalog, matrix
from platforms.contract import Amends, Finds, PlatformSpec, Verifies, Withdraws
from tests.conftest import ROOT
from tests.contract.conftest import ROWS, Stage


@pytest.fixture(params=catalog.specs(), ids=lambda spec: spec.slug)
def spec(request: pytest.FixtureRequest) -> PlatformSpec:
    found: PlatformSpec = request.param
    return found


def test_every_platform_goes_through_the_contract_tests() -> None:
    assert set(ROWS) == set(catalog.slugs())


def test_the_flags_agree_with_the_adapter(spec: PlatformSpec) -> None:
    adapter = catalog.adapter_class(spec.slug)
    assert adapter.spec is spec
    assert spec.amends == issubclass(adapter, Amends)
    assert spec.withdraws == issubclass(adapter, Withdraws)
    if spec.numbered:
        assert issubclass(adapter, Finds), "a number to begin at is of use to whoever reads back"
    if spec.verify_is_charged:
        assert issubclass(adapter, Verifies)


def test_a_spec_says_where_its_figures_come_from(spec: PlatformSpec) -> None:
    assert spec.base_url.startswith("https://")
    assert spec.web_url.startswith("https://")
    assert not spec.base_url.endswith("/")
    assert len(spec.checked_on) == 10 <= len(spec.source)
    assert spec.rates
    assert all(rate.source for rate in spec.rates)
    assert (ROOT / "templates" / "messages" / "layouts" / f"{spec.layout}.txt").is_file()


def test_what_answers_in_threads_hangs_under_what_it_answers(stage: Stage) -> None:
    first = stage.publish()
    answer = dataclasses.replace(stage.out, text=f"Second part. {stage.out.text}", reply_to=first.remote_id)
    stage.adapter.publish(answer, stage.target)

    last = stage.publications()[-1]
    if stage.adapter.spec.threads:
        assert last["reply_to"] == first.remote_id


def test_the_page_about_the_platforms_is_what_the_code_gives() -> None:
    written = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert written == matrix.table(), "`make matrix` writes it anew"
