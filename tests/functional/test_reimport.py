"""Importing a list again: what left it is no target any more, what came back is, and nothing is closed by itself."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crisis.journal.models import Entry
from crisis.registry.models import Account, Mode, Post
from crisis.registry.operations import RETIRED, RegistryError, release, release_shadow
from crisis.registry.queries import accounts_for, home_ministry
from crisis.staff.models import Officer
from demo import furnish
from simulator.testing import Running
from tests.conftest import ROOT
from tests.functional.factories import NOW, deliver_all, issued

HEAD = "post_id,name,kind,city,country,consular,facebook,x,ask,valid_from,valid_to,successor,lat,lon\n"


def bring(folder: Path, *rows: str, head: str = HEAD) -> str:
    """Import a list of rows, and return what was said."""
    file, out, err = folder / "posts.csv", StringIO(), StringIO()
    width = head.count(",")
    file.write_text(head + "".join(row + "," * (width - row.count(",")) + "\n" for row in rows), encoding="utf-8")
    try:
        call_command("import_posts", file, ministry="BE", stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue() + err.getvalue()


def row(code: str = "be-a", facebook: str = "", x: str = "", ask: str = "", more: str = "") -> str:
    return f"{code},Post {code},embassy,Tokyo,JP,JP,{facebook},{x},{ask}{more}"


def targets(code: str = "be-a") -> set[str]:
    """Return the addresses through which an alert for a post would speak, those of the whole ministry aside."""
    found = accounts_for([Post.objects.get(code=code)], ministry=home_ministry())
    return {account.address for account in found if account.holder.post_id}


def live(address: str) -> Account:
    return Account.objects.select_related("shadow", "holder").get(address=address, mode=Mode.LIVE)


@pytest.mark.parametrize("again", [row(x="new"), row(facebook="a.page", x="new"), row(facebook="a.page")])
def test_a_handle_that_left_the_row_is_no_target_any_more(tmp_path: Path, again: str) -> None:
    bring(tmp_path, row(facebook="a.page", x="old"))
    live_page = live("a.page")
    Account.objects.filter(pk=live_page.pk).update(paused_at=None, paused_why="")
    told = bring(tmp_path, again)

    assert targets() == {handle for handle in ("a.page", "new") if handle in again}
    for gone in {"a.page", "old"} - targets():
        account = live(gone)
        for each in (account, account.shadow):
            assert (each.broadcast, each.paused_why) == ("never", RETIRED)
            assert each.paused_at is not None
        assert f"be-a: {account} is no longer in the list" in told
        assert Entry.objects.filter(action="registry.retire", subject=f"account:{account.pk}").count() == 1
    assert "1 updated" in told

    assert "1 unchanged" in bring(tmp_path, again), "doing it again changes nothing"
    assert "no longer in the list" not in bring(tmp_path, again)


def test_a_column_that_the_file_lacks_says_nothing_of_accounts(tmp_path: Path) -> None:
    bring(tmp_path, row(facebook="a.page", x="a"))
    bring(tmp_path, "be-a,Post be-a,embassy,JP,b.page", head="post_id,name,kind,country,facebook\n")
    assert targets() == {"a", "b.page"}


def test_what_is_retired_is_released_by_nobody(tmp_path: Path, approver: Officer) -> None:
    bring(tmp_path, row(x="a"))
    bring(tmp_path, row())
    with pytest.raises(RegistryError, match="no longer in the imported list"):
        release_shadow(account=live("a").shadow, actor="demo", now=NOW)
    with pytest.raises(RegistryError):
        release(account=live("a").shadow, by=approver, now=NOW)


def test_a_row_that_names_it_again_revives_it_and_drills_work(sim: Running, tmp_path: Path) -> None:
    bring(tmp_path, row(x="a_handle"))
    furnish.shadows(NOW)
    bring(tmp_path, row())
    assert furnish.shadows(NOW)
    assert live("a_handle").shadow.paused_why == RETIRED, "furnishing releases nothing that the list does not name"

    told = bring(tmp_path, row(x="A_Handle"))

    account = live("a_handle")
    assert "x a_handle is in the list again; it is paused until it is released" in told
    assert (account.broadcast, account.paused_why, account.shadow.broadcast) == ("yes", "not released yet", "yes")
    assert account.paused_at is not None
    furnish.furnish_new(NOW)
    alert = issued()
    deliver_all()
    assert set(alert.deliveries.filter(account=account.shadow).values_list("state", flat=True)) == {"posted"}
    account.refresh_from_db()
    assert account.paused_at is not None, "a live account waits for a person"


@pytest.mark.parametrize("order", [["be-a", "be-b"], ["be-b", "be-a"]])
def test_another_posts_row_may_take_an_address_over(tmp_path: Path, order: list[str]) -> None:
    bring(tmp_path, row(x="moving"))
    before = live("moving")
    rows = {"be-a": row("be-a"), "be-b": row("be-b", x="moving")}

    told = bring(tmp_path, *(rows[code] for code in order))

    assert "0 rows were left out" in told
    assert "be-b: x moving was that of Post be-a (be-a), and is this post's now." in told
    assert (targets("be-a"), targets("be-b")) == (set(), {"moving"})
    before.refresh_from_db()
    assert (before.holder.post.code, before.paused_why) == ("be-a", RETIRED)  # type: ignore[union-attr]
    assert Entry.objects.get(action="registry.hand_over").subject == f"account:{before.pk}"
    new = Account.objects.get(address_key="moving", mode=Mode.LIVE)
    assert (new.holder.post.code, new.verified_on) == ("be-b", None)  # type: ignore[union-attr]
    assert "already belongs to Post be-b (be-b)" in bring(tmp_path, row(x="moving")), "only while the list says so"


def test_an_address_that_nobody_let_go_of_stays_where_it_is(tmp_path: Path) -> None:
    bring(tmp_path, row(x="kept"))
    assert "already belongs to Post be-a (be-a)" in bring(tmp_path, row("be-b", x="kept"))
    assert targets("be-a") == {"kept"}


def test_posts_that_the_file_passes_over_are_named_and_stay(tmp_path: Path) -> None:
    bring(tmp_path, row("be-a"), row("be-b"))
    told = bring(tmp_path, row("be-a"), "be-b,B,castle,Tokyo,JP,JP")
    assert "Not in this file (119), and left as they are, because nothing is closed by itself: be-abidjan-emb," in told
    (remark,) = [line for line in told.splitlines() if "Not in this file" in line]
    named = remark.rstrip(".").rpartition(": ")[2].split(", ")
    assert "be-lille-cg" not in named, "what is closed needs no word"
    assert "be-b" not in named, "a bad row is not passed over"
    assert not Post.objects.filter(code="be-abidjan-emb", state="closed").exists()


# --- only when ticked ------------------------------------------------------------------------------------------------------


def test_an_account_that_is_used_only_when_ticked(tmp_path: Path) -> None:
    bring(tmp_path, row(facebook="a.page", x="a", ask="x"))
    assert (live("a.page").broadcast, live("a").broadcast, live("a").shadow.broadcast) == ("yes", "ask", "ask")
    assert "1 updated" in bring(tmp_path, row(facebook="a.page", x="a", ask="facebook | x"))
    assert live("a.page").broadcast == "ask"
    bring(tmp_path, "be-a,Post be-a,embassy,JP,a", head="post_id,name,kind,country,x\n")
    assert live("a").broadcast == "ask", "a file without the column leaves it"
    assert "1 updated" in bring(tmp_path, row(facebook="a.page", x="a"))
    assert live("a").broadcast == "yes"


# --- validity and successor --------------------------------------------------------------------------------------------------


def test_a_post_has_days_and_a_successor_that_may_stand_further_down(tmp_path: Path) -> None:
    first = row(more=",2020-01-01,2026-12-31,be-b")
    assert "2 posts created" in bring(tmp_path, first, row("be-b"))
    post = Post.objects.get(code="be-a")
    assert (str(post.valid_from), str(post.valid_to)) == ("2020-01-01", "2026-12-31")
    assert post.successor == Post.objects.get(code="be-b")
    assert "2 unchanged" in bring(tmp_path, first, row("be-b"))
    assert "1 updated, 1 unchanged" in bring(tmp_path, row(more=",2020-01-01,2026-12-31,be-tokyo-emb"), row("be-b"))
    bring(tmp_path, "be-a,Post be-a,embassy,JP", head="post_id,name,kind,country\n")
    post.refresh_from_db()
    assert (str(post.valid_to), post.successor.code) == ("2026-12-31", "be-tokyo-emb"), "a file without the columns"
    bring(tmp_path, row())
    post.refresh_from_db()
    assert [post.valid_from, post.valid_to, post.successor] == [None, None, None]


def test_a_successor_whose_row_is_bad_is_told(tmp_path: Path) -> None:
    told = bring(tmp_path, row(more=",,,be-b"), row("be-b", x="belgiumembjapan"))
    assert "be-a: its successor be-b was left out" in told
    assert Post.objects.get(code="be-a").successor is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (row(ask="x"), "ask names x, and the row has no x account"),
        (row(x="a", ask="myspace"), "ask 'myspace' is none of telegram, x, facebook,"),
        (row(more=",soon"), "valid_from 'soon' is no day: write 2026-09-30"),
        (row(more=",,31/12/2026"), "valid_to '31/12/2026' is no day"),
        (row(more=",2026-02-01,2026-01-01"), "valid_to 2026-01-01 lies before valid_from 2026-02-01"),
        (row(more=",,,be-a"), "successor names the post itself"),
        (row(more=",,,Be A"), "successor 'Be A' must be small letters"),
        (row(more=",,,be-nowhere"), "successor be-nowhere is no post of Belgian Foreign Affairs, nor of this file"),
        (row(more=",,,,0,0"), "coordinates 0, 0 lie in the open sea off Africa"),
        (row(more=",,,,0.0,-0"), "coordinates 0, 0 lie in the open sea off Africa"),
    ],
)
def test_a_bad_cell_leaves_its_row_out(tmp_path: Path, bad: str, why: str) -> None:
    told = bring(tmp_path, row("be-b"), bad)
    assert why in told
    assert "1 post created" in told
    assert not Post.objects.filter(code="be-a").exists()


# --- where a post stands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "consular", "at", "remark"),
    [
        ("JP", "JP", "35.68,139.76", ""),
        (
            "VA",
            "VA",
            "41.9199,12.4806",
            "41.9199, 12.4806 lie in Italy, not in Vatican City nor where it is competent.",
        ),
        ("PS", "PS|IL", "31.769,35.2163", ""),
        ("FR", "FR", "-20.88,55.45", ""),  # Réunion belongs to France
        ("PT", "PT", "30.0,-40.0", "30.0, -40.0 lie at sea, in no country."),
    ],
)
def test_a_point_outside_all_that_a_post_is_for_gets_a_remark(
    tmp_path: Path, country: str, consular: str, at: str, remark: str
) -> None:
    told = bring(tmp_path, f"be-a,A,embassy,C,{country},{consular},,,,,,,{at}")
    assert "1 post created" in told
    assert ("be-a: its coordinates" in told) == bool(remark)
    assert remark in told


def test_of_the_real_posts_one_stands_next_door() -> None:
    out = StringIO()
    call_command("import_posts", ROOT / "data" / "posts.csv", ministry="BE", stdout=out)
    odd = [line for line in out.getvalue().splitlines() if "coordinates" in line]
    assert odd == [
        "Note: be-vatican-city-emb: its coordinates 41.9199, 12.4806 lie in Italy, not in Vatican City nor where it is competent."
    ], "the embassy to the Holy See stands in Rome"
    assert "Not in this file" not in out.getvalue()
