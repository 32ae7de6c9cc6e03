"""Free text is read to the safe side: a need beats "safe", what no rule explains goes to a person, and each reading says why."""

import time

import pytest

from crisis.checkins import phrases
from crisis.checkins.intent import Intent, is_small_talk, may_call_for_help, read, says_only_help, speaks_for_all
from tests.intent.__main__ import LANGUAGES, MOST_TO_A_PERSON, figures, matrix, messages


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("We are all fine, thank you", "safe"),
        ("Alles goed met ons allemaal", "safe"),
        ("Tout va bien pour nous", "safe"),
        ("Uns geht es gut", "safe"),
        ("👍", "safe"),
        # A need beats "safe".
        ("We are fine but we have no water", "need_help"),
        ("veilig, maar mijn man heeft geen insuline meer", "need_help"),
        ("On va bien mais on n'a plus d'eau", "need_help"),
        ("Uns geht es gut, aber die Medikamente sind alle", "need_help"),
        ("🆘", "need_help"),
        # So does a denied "safe", and a bare "no".
        ("we are not safe here", "need_help"),
        ("niet veilig", "need_help"),
        ("pas en sécurité", "need_help"),
        ("nicht in Sicherheit", "need_help"),
        ("no", "need_help"),
        ("nee", "need_help"),
        # A denied need is none.
        ("No help needed, nobody is hurt", "safe"),
        ("Geen hulp nodig, niemand gewond", "safe"),
        ("Pas besoin d'aide, personne n'est blessé", "safe"),
        ("Keine Hilfe nötig, niemand verletzt", "safe"),
        # "Safe" and a question goes to a person.
        ("We are safe. When does the airport open?", "unclear"),
        ("Wij zijn veilig, maar wanneer gaat de luchthaven open?", "unclear"),
        ("any news of my brother?", "about_other"),
        ("avez-vous des nouvelles de ma sœur ?", "about_other"),
        ("Ich war nie in Nepal", "not_there"),
        ("Wij zijn gisteren vertrokken naar België, niet meer in Japan", "not_there"),
        ("Notre vol est annulé, où dormir ?", "need_help"),
        ("Unser Flug wurde gestrichen", "need_help"),
        ("Tout va bien sauf la jambe de maman", "need_help"),
        ("Alles bestens bis auf ein gebrochenes Bein", "need_help"),
        ("Papa hat Herzrasen und Bauchschmerzen", "need_help"),
        ("wir haben nicht genug Wasser", "need_help"),
        ("on n'a pas assez de médicaments", "need_help"),
        ("je n'y arrive plus", "need_help"),
        ("Sicher? Nein.", "need_help"),
        ("kein Arzt bei 40 Fieber", "need_help"),
        ("Medikamente habe ich keine mehr", "need_help"),
        ("Uns geht's gut, nur haben wir kein Wasser mehr", "need_help"),
        ("weder Wasser noch Strom", "need_help"),
        ("ich kann nicht schlafen vor Angst", "need_help"),
        ("aucune aide n'arrive", "need_help"),
        ("des médicaments, je n'en ai plus", "need_help"),
        ("Pouvez-vous appeler ma mère ? Je suis blessé", "need_help"),
        ("Hunger haben wir keinen, alles gut", "safe"),
        ("Wir brauchen weder Hilfe noch Evakuierung", "safe"),
        # Old, far, or somebody's trade: no need.
        ("J'ai eu très peur mais je vais bien", "safe"),
        ("Je suis médecin ici et je vais bien", "safe"),
        ("Hatte Angst, aber mir geht's gut", "safe"),
        ("Meine Schicht im Krankenhaus ist rum und mir geht's gut", "safe"),
        ("Ich bin außer Gefahr", "safe"),
        ("Nous sommes sains et saufs", "safe"),
        ("alles i.O.", "safe"),
        ("r.a.s. chez nous", "safe"),
        ("Hier ist alles ruhig, keine Sorge", "safe"),
        ("Wann öffnet der Flughafen?", "unclear"),
        ("Combien coûte un visa ?", "unclear"),
        ("hm", "unclear"),
        ("", "unclear"),
        ("🤔", "unclear"),
    ],
)
def test_what_is_meant(text: str, intent: str) -> None:
    assert read(text).intent == intent, read(text)


def test_what_no_rule_explains_is_a_call_for_help_that_nobody_has_said() -> None:
    reading = read("We are fine, qwerty asdfgh zxcvbn uiop")
    assert (reading.intent, reading.plain) == (Intent.NEED_HELP, False)
    assert "qwerty" in reading.because
    assert not may_call_for_help("We are fine, qwerty asdfgh zxcvbn uiop")


@pytest.mark.parametrize(
    "text",
    [
        # A part that only denies the one before it.
        "Mir geht es gut, meinem Baby nicht",
        "wir drei ok, Sophie nicht",
        "on est sains et saufs, nos papiers non",
        "nous deux ok, pas Sophie",
        "we are fine, not Sophie",
        # A question that no list of enquiries knows.
        "Qui peut venir chercher ma mère ?",
        "Wer kann uns hier aufmachen?",
        # No name, although no sentence begins with its accent.
        "on va bien, la digue éclate",
    ],
)
def test_what_is_left_open_is_read_by_a_person_as_a_call_for_help(text: str) -> None:
    assert read(text).intent == Intent.NEED_HELP, read(text)


@pytest.mark.parametrize(
    "text",
    [
        # A denial anywhere in the part that says "safe", and whoever is excepted.
        "hier ist gar nichts sicher",
        "Keinem von uns geht es gut",
        "Nobody here is ok",
        "niemand van ons is ok",
        "aucun de nous ne va bien",
        "alle ok außer Mama",
        "Alle da bis auf Lena",
        "everyone ok except grandma",
        "iedereen ok behalve oma",
        "tout le monde va bien sauf mamie",
        # A relative after a "but" who is not said to be well.
        "Ich bin sicher, aber mein Mann ist noch drin",
        "We are fine but my brother is upstairs",
        # Certain, not safe.
        "Ich bin mir sicher, dass jemand im Haus ist",
    ],
)
def test_well_is_not_believed_where_somebody_may_not_be(text: str) -> None:
    assert read(text).intent == Intent.NEED_HELP, read(text)


@pytest.mark.parametrize(
    "text",
    [
        # One letter of a common word is wrong, missing, too many, or two have changed places.
        "bin in sicherhait",
        "alles bestns, danke",
        "alels bestens",
        "we are fien and everyne is ok",
        # A denied need, in whatever order.
        "Verletzte gibt es bei uns keine",
        "Hilfe brauchen wir zum Glück nicht",
        "wir brauchen derzeit keine Unterstützung",
        # What is over, or only broke: no need.
        "Bin ok, mein Handy hatte nur keinen Empfang",
        "Ein paar Scheiben sind kaputt, aber wir sind alle unverletzt",
        "Bis auf ein paar Kratzer am Auto ist nichts passiert",
    ],
)
def test_well_is_believed_however_it_is_said(text: str) -> None:
    assert read(text).intent == Intent.SAFE, read(text)


@pytest.mark.parametrize(
    "text", ["Die Schmerzen werden nicht weniger", "Tabletten und Schmerzmittel haben wir keine", "verletz"]
)
def test_a_denial_behind_a_need_takes_no_need_away(text: str) -> None:
    assert read(text).intent == Intent.NEED_HELP, read(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_learnt_stays_learnt(language: str) -> None:
    recall, mistaken, asked = figures(matrix(messages("learnt", language)))
    assert (recall, mistaken) == (1, 0)
    assert asked < MOST_TO_A_PERSON / 2


def test_what_is_put_aside_is_no_sign_that_all_is_well() -> None:
    assert read("par précaution").intent != Intent.SAFE
    assert read("Tout est calme, on reste dedans par précaution").because == ("calme",)


def test_a_reading_says_which_words_decided() -> None:
    assert "trapped" in read("my neighbour is trapped").because
    assert read("alles goed, dank u").because == ("alles goed",)


@pytest.mark.parametrize(("text", "only"), [("help!", True), ("à l’aide", True), ("help, the roof has fallen", False)])
def test_a_cry_that_says_no_more(text: str, only: bool) -> None:
    assert says_only_help(text) == only


@pytest.mark.parametrize(("text", "is_it"), [("ok thanks", True), ("nice", True), ("Osaka", False), ("Kinsh", False)])
def test_small_talk_is_no_town(text: str, is_it: bool) -> None:
    assert is_small_talk(text) == is_it


@pytest.mark.parametrize(
    ("text", "all_of_them"),
    [
        ("I am safe", False),
        ("ik ben ok", False),
        ("we are safe", True),
        ("nous allons bien", True),
        ("alle wohlauf", True),
    ],
)
def test_who_speaks_for_the_whole_household(text: str, all_of_them: bool) -> None:
    assert speaks_for_all(text) == all_of_them


def test_every_language_of_ours_has_every_list() -> None:
    assert set(LANGUAGES) == set(phrases.languages())
    for language in phrases.languages():
        lists = phrases._phrases(language)
        assert set(lists) == {*phrases.KINDS, "harmless"}
        assert all(lists.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_need_is_called_harmless(language: str) -> None:
    lists = phrases._phrases(language)
    assert sorted(lists["need"] & (lists["harmless"] | lists["safe"])) == []


@pytest.mark.parametrize(
    "text",
    ["a " * 2000, "no " * 1300, "safe but " * 450, "water " * 700, "?" * 4000, "é" * 4000, "🆘" * 2000, "x" * 4000],
)
def test_the_longest_message_is_read_in_no_time(text: str) -> None:
    begun = time.process_time()
    read(text)
    assert time.process_time() - begun < 5, "a pattern that tries everything"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labelled_messages_are_what_they_were(language: str) -> None:
    opened, sealed = messages("open", language), messages("sealed", language)
    assert len(opened) == len(sealed) == 130
    assert not {text for _, text in opened} & {text for _, text in sealed}
