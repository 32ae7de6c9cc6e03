"""Whose turn it is to speak first: as often each, by alert and by post, and always the same for an alert."""

from collections import Counter

from crisis.wording.languages import in_turn, turn

LANGUAGES = ["nl", "fr", "de", "en"]
REQUIRED = ["nl", "fr"]


def test_required_languages_take_turns_and_the_others_keep_their_place() -> None:
    assert in_turn(["en", "nl", "fr", "de"], REQUIRED, 0) == ("nl", "fr", "en", "de")
    assert in_turn(["en", "nl", "fr", "de"], REQUIRED, 1) == ("fr", "nl", "en", "de")
    assert in_turn(["en"], ["en"], 7) == ("en",)
    assert in_turn(["en"], [], 7) == ("en",)


def test_each_required_language_is_first_as_often_by_alert_and_by_post() -> None:
    posts = [f"be-{city}-emb" for city in ("tokyo", "abidjan", "kinshasa", "beijing", "rome", "madrid", "lima", "oslo")]
    for post in posts:
        firsts = [in_turn(LANGUAGES, REQUIRED, turn(alert, post))[0] for alert in range(10)]
        assert firsts == firsts[:2] * 5, "a post's alerts go round"
        assert set(firsts[:2]) == set(REQUIRED)
    for alert in (1, 2):
        counted = Counter(in_turn(LANGUAGES, REQUIRED, turn(alert, post))[0] for post in posts)
        assert min(counted.values()) >= len(posts) // 4, counted
    assert turn(5, "be-tokyo-emb") == turn(5, "be-tokyo-emb")
