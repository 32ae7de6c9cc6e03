"""Whatever link somebody pastes is one account; what is no account of a platform is refused in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisis.registry.addresses import LONGEST_ADDRESS, Address, NoAddress, canonical, known, page, page_only
from platforms import catalog


@pytest.mark.parametrize(
    ("links", "platform", "address"),
    [
        (["https://x.com/BelgiumMFA", "http://www.x.com/BelgiumMFA/status/1?s=20", "twitter.com/BelgiumMFA",
          "https://mobile.twitter.com/BelgiumMFA/", "<https://x.com/BelgiumMFA>.", "X.COM/BelgiumMFA#top"], "x", "BelgiumMFA"),
        (["https://m.facebook.com/mfa.be/?ref=page", "https://fr-fr.facebook.com/mfa.be/posts/12", "fb.com/mfa.be", "m.me/mfa.be",
          "https://www.facebook.com/pg/mfa.be/about"], "facebook", "mfa.be"),
        (["https://www.facebook.com/profile.php?id=100064&sk=about", "facebook.com/people/Emb/100064",
          "facebook.com/pages/Emb/100064/"], "facebook", "100064"),
        (["https://www.facebook.com/groups/in.japan/?ref=share"], "facebook_group", "in.japan"),
        (["https://www.youtube.com/channel/UCCuL3svRqTN6ya51BD9cpmA/videos", "youtube.com/channel/UCCuL3svRqTN6ya51BD9cpmA"],
         "youtube", "UCCuL3svRqTN6ya51BD9cpmA"),
        (["https://youtube.com/@belgium", "https://m.youtube.com/c/belgium", "youtube.com/user/belgium"], "youtube", "belgium"),
        (["https://t.me/mfa_be", "t.me/s/mfa_be/12", "mfa_be.t.me", "https://telegram.me/mfa_be"], "telegram", "@mfa_be"),
        (["https://bsky.app/profile/mfa.example.org/post/3k", "bsky.app/profile/mfa.example.org"], "bluesky", "mfa.example.org"),
        (["mfa.bsky.social", "https://mfa.bsky.social/"], "bluesky", "mfa.bsky.social"),
        (["@mfa@b.example", "https://b.example/@mfa/113", "https://other.example/@mfa@b.example", "b.example/users/mfa"],
         "mastodon", "@mfa@b.example"),
        (["https://be.linkedin.com/company/mfa/about/", "linkedin.com/school/mfa", "https://linkedin.com/showcase/mfa"],
         "linkedin", "mfa"),
        (["https://www.linkedin.com/in/jan-p/"], "linkedin_profile", "jan-p"),
        (["https://wa.me/32470123456?text=x", "api.whatsapp.com/send?phone=%2B32470123456"], "whatsapp_chat", "32470123456"),
        (["https://www.threads.net/@mfa", "threads.com/@mfa/post/C"], "threads", "mfa"),
        (["https://www.instagram.com/mfa/?hl=nl", "instagram.com/stories/mfa/1"], "instagram", "mfa"),
        (["https://www.tiktok.com/@mfa/video/7", "tiktok.com/@mfa"], "tiktok", "mfa"),
        (["https://weibo.com/n/%E5%A4%96%E4%BA%A4", "https://weibo.cn/n/外交"], "weibo", "外交"),
        (["https://m.weibo.cn/u/1234567890", "weibo.com/u/1234567890?is_all=1"], "weibo", "1234567890"),
        (["https://vk.com/club1", "m.vk.com/club1"], "vk", "club1"),
        (["https://www.flickr.com/photos/12345@N00/sets", "flickr.com/people/12345@N00"], "flickr", "12345@N00"),
        (["https://line.me/R/ti/p/%40mfa", "https://page.line.me/mfa"], "line", "mfa"),
    ],
)  # fmt: skip
def test_every_form_of_a_link_is_one_account(links: list[str], platform: str, address: str) -> None:
    assert {canonical(link) for link in links} == {Address(platform, address)}
    assert {canonical(link, platform) for link in links} == {Address(platform, address)}, (
        "also where the platform is said"
    )


@pytest.mark.parametrize(
    "link",
    ["https://x.com/i/lists/1", "x.com/home", "https://www.youtube.com/watch?v=1", "https://t.me/+AbC", "https://t.me/joinchat/AbC",
     "https://www.facebook.com/events/12", "facebook.com/sharer/sharer.php?u=x.com/mfa", "https://instagram.com/p/abc",
     "https://x.com.evil.example/mfa", "https://x.com@evil.example/mfa", "https://evil.example/x.com/mfa", "https://x.com:8443/mfa",
     "https://evil.x.com/@mfa", "https://xx.com/mfa", "javascript:alert(1)", "https://10.0.0.1/@mfa", "x.com", "mfa", "", "/"],
)  # fmt: skip
def test_what_leads_to_no_account_is_refused(link: str) -> None:
    with pytest.raises(NoAddress):
        canonical(link)


def test_a_link_to_another_platform_than_was_meant_says_so() -> None:
    with pytest.raises(NoAddress, match="is no Facebook account, but one of X"):
        canonical("https://x.com/mfa", "facebook")


def test_a_page_is_kept_whole_and_named_by_its_https_address() -> None:
    assert canonical("https://Blog.Example/JP/?p=2#top", "blog").address == "https://blog.example/JP/?p=2"
    with pytest.raises(NoAddress, match="give its https address"):
        canonical("http://blog.example/", "blog")


@pytest.mark.parametrize("platform", [slug for slug, each in known().items() if not each.whole and slug != "apprise"])
@settings(max_examples=25)
@given(
    name=st.from_regex(r"[a-z][a-z]{5,14}", fullmatch=True),
    tail=st.sampled_from(["", "/", "?a=b", "/about", "#top", " "]),
)
def test_what_it_returns_means_the_same_again_as_text_and_as_page(platform: str, name: str, tail: str) -> None:
    text = {"mastodon": f"@{name}@b.example", "bluesky": f"{name}.example.org", "whatsapp_chat": "32470123456"}.get(
        platform, name
    )
    found = canonical(text, platform)
    assert canonical(found.address, platform) == found
    if where := page(platform, found.address):
        assert canonical(where + tail) == found, where


@given(text=st.text(max_size=300), platform=st.sampled_from(["", *known()]))
def test_any_text_is_an_address_for_good_or_refused(text: str, platform: str) -> None:
    try:
        found = canonical(text, platform)
    except NoAddress:
        return
    assert canonical(found.address, found.platform) == found
    assert len(found.key) <= LONGEST_ADDRESS


def test_what_has_no_adapter_has_a_name_of_its_own() -> None:
    assert not page_only().keys() & set(catalog.slugs())
    assert all(each.name and (each.whole or each.page or not each.links) for each in page_only().values())
