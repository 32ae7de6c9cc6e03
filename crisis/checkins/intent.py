"""What free text can tell without a person: whether it may be a call for help, and whether it is mere small talk."""

import re
import unicodedata

# Folded: no case, no accents, cut at apostrophes. A word too many costs a person one look; one too few may cost more.
_NEED = {
    "en": "help sos mayday emergency urgent trapped stuck injured hurt wounded bleeding dying danger rescue ambulance",
    "nl": "hulp nood noodgeval dringend spoed gewond gewonden bloedt gevaar bedolven ingesloten vastzitten redden",
    "fr": "aide aidez aider secours urgence urgente blesse blessee blesses blessees coince coincee piege danger sauvez",
    "de": "hilfe hilf helft helfen notfall notruf dringend verletzt verletzte blutet gefahr verschuttet eingeschlossen rettet",
}
_AROUND = {
    "en": "i we me us a please need",
    "nl": "ik wij we mij ons aub heb hebben nodig",
    "fr": "a au de d l j je nous moi ai avons besoin svp",
    "de": "ich wir mir uns bitte brauche brauchen",
}
_SMALL_TALK = {
    "en": "ok okay yes no thanks thank you hi hello hey test testing nice best good fine great safe start stop",
    "nl": "oke ja nee dank danku bedankt hallo hoi dag goed prima veilig",
    "fr": "oui non merci bonjour salut bien",
    "de": "ja nein danke bitte hallo gut sicher",
}


def _all(words: dict[str, str]) -> frozenset[str]:
    return frozenset(word for line in words.values() for word in line.split())


NEED, AROUND, SMALL_TALK = _all(_NEED), _all(_AROUND), _all(_SMALL_TALK)


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", plain)


def may_call_for_help(text: str) -> bool:
    """Tell whether a text has a word of need in one of our languages; a negation is for a person to read."""
    return not NEED.isdisjoint(_words(text))


def says_only_help(text: str) -> bool:
    """Tell whether a text calls for help and says no more than that."""
    return may_call_for_help(text) and set(_words(text)) <= NEED | AROUND


def is_small_talk(text: str) -> bool:
    """Tell whether a text is ordinary words, even where a town is called so: "okay" is a name of Les Cayes in Haiti."""
    words = set(_words(text))
    return bool(words) and words <= SMALL_TALK
