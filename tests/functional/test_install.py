"""What `install` makes of a ministry's own accounts, and who vouches for its numbers."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crisis.clock import now
from crisis.journal.models import Entry
from crisis.registry.models import Account, DirectoryEntry, Holder, Ministry, Mode
from crisis.registry.queries import accounts_for, home_ministry
from tests.conftest import ROOT

ACCOUNTS = """
[[BE.accounts]]
platform = "x"
address = "@the_ministry"
languages = ["nl", "fr"]
broadcast = "ask"
holder = "Press department"

[[BE.accounts]]
platform = "telegram"
address = "@the_ministry_channel"
"""


def install(folder: Path, more: str = ACCOUNTS) -> None:
    file = folder / "ministries.toml"
    file.write_text((ROOT / "data" / "ministries.toml").read_text(encoding="utf-8") + more, encoding="utf-8")
    call_command("install", ministries=file, stdout=StringIO())


def of_departments() -> dict[str, Account]:
    found = Account.objects.filter(
        holder__kind=Holder.Kind.DEPARTMENT, mode=Mode.LIVE, address__contains="the_ministry"
    )
    return {account.address: account for account in found.select_related("holder", "shadow")}


def test_an_installation_adds_the_accounts_of_the_whole_ministry_once(tmp_path: Path) -> None:
    install(tmp_path)
    before = of_departments()
    install(tmp_path)

    assert {address: account.pk for address, account in of_departments().items()} == {
        address: account.pk for address, account in before.items()
    }
    press, channel = before["the_ministry"], before["@the_ministry_channel"]
    assert (press.holder.name, press.broadcast, press.languages) == ("Press department", "ask", ["nl", "fr"])
    assert (channel.holder.name, channel.broadcast, channel.languages) == ("Belgian Foreign Affairs", "yes", [])
    for account in (press, channel):
        assert account.is_home
        assert account.paused_why == account.shadow.paused_why == "not released yet"
    speaking = {account.address for account in accounts_for([], ministry=home_ministry())}
    assert {"the_ministry", "@the_ministry_channel"} <= speaking


def test_a_changed_entry_changes_its_account_and_a_missing_one_leaves_it(tmp_path: Path) -> None:
    install(tmp_path)
    install(tmp_path, ACCOUNTS.partition('[[BE.accounts]]\nplatform = "telegram"')[0].replace('"ask"', '"never"'))
    found = of_departments()
    assert (found["the_ministry"].broadcast, found["the_ministry"].shadow.broadcast) == ("never", "never")
    assert found["@the_ministry_channel"].broadcast == "yes"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"x"', '"myspace"'), "BE, accounts: platform 'myspace' is none of telegram, x, facebook,"),
        (('"ask"', '"sometimes"'), "broadcast 'sometimes' is none of yes, ask, never"),
        (('"@the_ministry"', '"https://t.me/a"'), "is no X account"),
        (('"@the_ministry"', '""'), "is no handle"),
        (('"nl", "fr"', '"Dutch!"'), "is no language code"),
        (("broadcast", "brodcast"), "nobody reads brodcast"),
        (("Press department", "P" * 161), "161 characters, at most 160"),
        (('"@the_ministry"', '"belgiumembjapan"'), "already belongs to Embassy of Belgium in Tokyo"),
    ],
)
def test_a_bad_entry_installs_nothing(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        install(tmp_path, ACCOUNTS.replace(*change, 1))
    assert of_departments() == {}
    assert Ministry.objects.get(code="BE").is_home


def test_what_ships_names_no_account_of_a_real_ministry(tmp_path: Path) -> None:
    install(tmp_path, "")
    assert of_departments() == {}


# --- numbers and links ---------------------------------------------------------------------------------------------------------


def verify(*words: str) -> str:
    out = StringIO()
    call_command("verify_entry", "--ministry", "BE", *words, stdout=out)
    return out.getvalue()


def test_a_person_vouches_for_a_number(tmp_path: Path) -> None:
    assert "BE: phone emergency +32 2 501 40 00 – not verified" in verify("--list", "--purpose", "emergency")

    told = verify("--purpose", "emergency", "--kind", "phone", "--by", "Ada Officer")

    entry = DirectoryEntry.objects.get(ministry__code="BE", post=None, kind="phone")
    assert (entry.verified_on, entry.verified_by) == (now().date(), "Ada Officer")
    assert f"verified on {entry.verified_on} by Ada Officer" in told
    (journalled,) = Entry.objects.filter(action="registry.verify_entry")
    assert journalled.subject == f"entry:{entry.pk}"
    assert "Ada" not in str(journalled.data), "the journal holds no name"
    install(tmp_path)
    entry.refresh_from_db()
    assert entry.verified_by == "Ada Officer"


def test_a_posts_own_number_is_verified_apart() -> None:
    verify("--post", "be-tokyo-emb", "--purpose", "post", "--kind", "phone", "--by", "Ada")
    verified = DirectoryEntry.objects.exclude(verified_on=None)
    assert [entry.post.code for entry in verified if entry.post] == ["be-tokyo-emb"]
    assert "0 of 1 not verified." in verify("--list", "--post", "be-tokyo-emb", "--kind", "phone")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--purpose", "emergency"), "Say --kind, --by too"),
        (("--purpose", "emergency", "--kind", "phone", "--by", " "), "Say --by too"),
        (("--purpose", "emergency", "--kind", "link", "--by", "Ada"), "BE has no such entry: --list"),
        (("--post", "be-x", "--purpose", "post", "--kind", "phone", "--by", "Ada"), "be-x has no such entry"),
        (("--purpose", "emergency", "--kind", "phone", "--by", "A" * 121), "in at most 120 characters"),
    ],
)
def test_what_is_not_said_verifies_nothing(words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        verify(*words)
    assert not DirectoryEntry.objects.exclude(verified_on=None).exists()
