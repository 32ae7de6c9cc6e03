"""The words of a text, and the phrases among them: read from the lists in `data/intent`, which say what each is for."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

from babel import Locale
from django.conf import settings

# What a language's file holds, each a list of phrases.
KINDS = (
    "calm", "aside", "need", "lack", "goods", "gone", "unable", "acts", "news", "kin", "elsewhere", "with_us", "away",
    "question", "enquiry", "doubt", "chatter", "safe", "but", "denial", "denial_of_harm", "harm", "self", "mine",
    "whereabouts", "refusal", "cry", "capitals", "together", "greeting", "not", "before_name", "endings", "links", "except",
    "none_of_it", "mistyped",
)  # fmt: skip
NEAR = 4  # words between two that belong together: "no ... water", "cannot ... walk"
SPOKEN = 0.75  # of the small words of the language that has most of them
SURE = 3  # ordinary words: with fewer nobody can tell which language is spoken
SHORTEST_NAME = 3  # letters of a word of a country's name that no other word is taken for
SHORTEST_STEM = 4  # letters
SHORTEST_MISTYPED = 5  # letters: of shorter words too many are one letter away from another
NUMBER = "0"  # stands for every number
TAKEN_OUT = (
    "~"  # stands for each letter of a phrase that was taken out: it parts what is left, and is no end of a sentence
)
WORD = r"[^ |?~]+ "


def plain(text: str) -> str:
    """Return a text without capitals and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c)).replace("æ", "ae").replace("œ", "oe")


def _tokens(text: str) -> tuple[str, ...]:
    """Cut a text into words without capitals and accents; "|" ends a part of a sentence, "?" asks."""
    whole = re.sub(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?![^\W_]))", r"\1", plain(text))  # "i.O." is one word
    marked = re.sub(r"[.,;:!()\n…–—]+", " | ", whole.replace("🆘", " sos "))
    found: list[str] = re.findall(r"[^\W\d_]+|\d+|\||\?", marked)
    found.append("|")
    return tuple(NUMBER if each.isdigit() else re.sub(r"(\w)\1{2,}", r"\1\1", each) for each in found)


def _names(text: str) -> frozenset[str]:
    """Return the words that begin with a capital although no sentence begins there: names, unless all is in capitals."""
    if text.isupper():
        return frozenset()
    inside = re.findall(r"(?<![.!?:\n] )(?<!^)\b[^\W\d_a-z]\w+", text)
    return frozenset(plain(each) for each in inside if each[0].isupper())


def _names_among_nouns(text: str, spoken: Iterable[str]) -> frozenset[str]:
    """Return those of the words with a capital that follow what stands before names: where every noun has one."""
    if text.isupper():
        return frozenset()
    before = {each for language in spoken for each in _phrases(language)["before_name"]}
    pairs = re.findall(r"([^\W\d_]+)\W+(?=([^\W\d_a-z]\w+(?: [^\W\d_a-z]\w+)?))", text)
    named = [name.split() for first, name in pairs if plain(first) in before]
    return frozenset(plain(word) for words in named for word in words if word[0].isupper())


def _nouns_have_capitals(spoken: Iterable[str]) -> bool:
    return any("nouns" in _phrases(language)["capitals"] for language in spoken)


@dataclass(frozen=True, slots=True)
class Said:
    """What was written, or a part of it.

    Attributes:
        tokens: see `_tokens`.
        spoken: the languages it is written in, as far as their small words tell.
        names: words that begin with a capital.
        after_but: it follows a "but".
        asks: it ends with a question mark.
    """

    tokens: tuple[str, ...]
    spoken: tuple[str, ...]
    names: frozenset[str] = frozenset()
    after_but: bool = False
    asks: bool = False

    @classmethod
    def of(cls, text: str) -> "Said":
        """Cut a text into its words."""
        tokens = tuple(map(_as_meant, _tokens(text)))
        counts = {language: sum(_is_known(each, language) for each in tokens) for language in languages()}
        most = max(counts.values(), default=0)
        spoken = tuple(each for each, number in counts.items() if number >= most * SPOKEN)
        return cls(tokens, spoken, _names_among_nouns(text, spoken) if _nouns_have_capitals(spoken) else _names(text))

    @property
    def line(self) -> str:
        """All tokens, each followed by a space."""
        return " ".join(self.tokens) + " "

    @property
    def words(self) -> list[str]:
        """The tokens that are words or numbers."""
        return [each for each in self.tokens if each.isalnum()]

    @property
    def names_a_place(self) -> bool:
        """Whether a word may be a place: a name, a country, or any word where every noun has a capital."""
        return _nouns_have_capitals(self.spoken) or bool(self.names) or not _countries().isdisjoint(self.words)

    def found(self, *kinds: str, near: int = NEAR) -> tuple[str, ...]:
        """Return the phrases of a kind, or of two kinds with so few words between them in one part of a sentence."""
        return tuple(dict.fromkeys(line.strip() for line, _ in self._matches(kinds, near)))

    def without(self, *kinds: str) -> tuple[tuple[str, ...], "Said"]:
        """Return what `found` returns, and what is left without it."""
        line, found = self.line, []
        for said, (begin, end) in sorted(self._matches(kinds), key=lambda each: each[1][0] - each[1][1]):
            found.append(said.strip())
            line = line[:begin] + TAKEN_OUT * (end - begin - 1) + " " + line[end:]
        tokens = tuple(TAKEN_OUT if each.startswith(TAKEN_OUT) else each for each in line.split())
        return tuple(dict.fromkeys(found)), replace(self, tokens=tokens)

    def _matches(self, kinds: tuple[str, ...], near: int = NEAR) -> list[tuple[str, tuple[int, int]]]:
        line, found = self.line, []
        sure = sum(_is_harmless(each, self.spoken) for each in self.words) >= SURE
        for language in languages():
            for match in _pattern(language, kinds, near).finditer(line):
                # What a language says that is not spoken here may be an ordinary word of the one that is.
                foreign = sure and language not in self.spoken
                if not foreign or not all(_is_harmless(each, self.spoken) for each in match.group().split()):
                    found.append((match.group(), match.span()))
        return found

    def parts(self) -> list["Said"]:
        """Return the parts of its sentences, parted by marks and by "but"."""
        found, part, after_but = [], [], False  # type: list[Said], list[str], bool
        buts = self._buts()
        for at, each in enumerate((*self.tokens, "|")):
            if each not in ("|", "?", TAKEN_OUT) and at not in buts:
                part.append(each)
                continue
            if part:
                found.append(replace(self, tokens=(*part, "|"), after_but=after_but, asks=each == "?"))
                part, after_but = [], False
            after_but = after_but or at in buts
        return found

    def _buts(self) -> set[int]:
        """Return where a "but" stands, except inside of what says that all is well, or no more: "nur kurz erschrocken"."""
        buts = {each for language in self.spoken for each in _phrases(language)["but"]}
        whole = [span for kind in ("calm", "aside", "safe") for _, span in self._matches((kind,))]
        found, begin = set(), 0
        for at, each in enumerate(self.tokens):
            if each in buts and not any(first <= begin < last for first, last in whole):
                found.add(at)
            begin += len(each) + 1
        return found

    def unknown(self) -> tuple[str, ...]:
        """Return the words that are neither harmless nor names nor numbers."""
        return tuple(
            each
            for each in self.words
            if each != NUMBER and each not in self.names and not _is_harmless(each, languages())
        )


@cache
def _countries() -> frozenset[str]:
    """Return the words of all countries' names, in the languages that have rules."""
    names = [name for language in languages() for name in Locale(language).territories.values()]
    return frozenset(word for name in names for word in _tokens(name) if len(word) > SHORTEST_NAME)


@lru_cache(maxsize=4096)  # bounded: anybody may write any word
def _is_harmless(word: str, among: tuple[str, ...]) -> bool:
    """Tell whether a word is harmless in one of some languages: as it stands, with an ending, or made of two that are."""
    return any(_is_known(word, language) or _is_made_of_two(word, language) for language in among)


def _is_known(word: str, language: str) -> bool:
    harmless, endings = _phrases(language)["harmless"], _phrases(language)["endings"]
    stems = (word.removesuffix(each) for each in endings if word.endswith(each))
    return word in harmless or any(len(stem) >= SHORTEST_STEM and stem in harmless for stem in stems)


@lru_cache(maxsize=4096)  # bounded: anybody may write any word
def _as_meant(word: str) -> str:
    """Return the one word that is often mistyped and differs by one letter, if the word is none that we know."""
    if len(word) < SHORTEST_MISTYPED or word in _vocabulary() or _is_harmless(word, languages()):
        return word
    meant = {
        each for language in languages() for each in _phrases(language)["mistyped"] if _is_one_letter_off(word, each)
    }
    return meant.pop() if len(meant) == 1 else word


def _is_one_letter_off(word: str, other: str) -> bool:
    """Tell whether one letter is missing, too many, wrong, or two stand in each other's place; the first one is right."""
    if word[:1] != other[:1] or abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), min(len(word), len(other))
    )
    one, two = word[at:], other[at:]
    return one[1:] == two[1:] or one[1:] == two or one == two[1:] or (one[1:2] + one[:1] + one[2:] == two)


@cache
def _vocabulary() -> frozenset[str]:
    """Return the words of all phrases, and what begins or ends them."""
    lists = (phrases for language in languages() for kind, phrases in _phrases(language).items() if kind != "mistyped")
    return frozenset(word for phrases in lists for phrase in phrases for word in phrase.split())


def _is_made_of_two(word: str, language: str) -> bool:
    links = _phrases(language)["links"]
    return any(
        _is_known(word[at:], language) and any(_is_known(word[:at].removesuffix(link), language) for link in links)
        for at in range(SHORTEST_STEM, len(word) - SHORTEST_STEM + 1)
        if links != {"none"}
    )


# --- phrases ----------------------------------------------------------------------------------------------------------------
@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have rules."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "intent"


@cache
def _phrases(language: str) -> dict[str, frozenset[str]]:
    """Read a language's lists: those of its TOML file, and `harmless`, single words between spaces, from the text beside it.

    Raises:
        ValueError: one of them is unknown, or missing.
    """
    path = _folder() / f"{language}.toml"
    with path.open("rb") as file:
        lists = tomllib.load(file)
    if wrong := set(lists) ^ set(KINDS):
        raise ValueError(f"data/intent/{path.name}: unknown or missing: {', '.join(sorted(wrong))}")
    found = {
        kind: frozenset(said for each in text.split(",") for said in _spelt_out(plain(each).replace("'", " ")))
        for kind, text in lists.items()
    }
    return found | {"harmless": frozenset(path.with_suffix(".txt").read_text(encoding="utf-8").split())}


def _spelt_out(phrase: str) -> Iterator[str]:
    """Return every phrase that "no/any help/food" stands for."""
    return (" ".join(words) for words in product(*(word.split("/") for word in phrase.split())) if words)


def _as_pattern(phrase: str) -> str:
    words = []
    for word in phrase.split():
        if word == "...":
            words.append(rf"(?:{WORD}){{0,{NEAR}}}")
        elif word == "_":
            words.append(WORD)
        else:
            words.append(re.escape(word).replace(r"\*", r"\w*") + " ")
    return "".join(words)


@cache
def _pattern(language: str, kinds: tuple[str, ...], near: int) -> re.Pattern[str]:
    parts = []
    for kind in kinds:
        longest_first = sorted(_phrases(language)[kind], key=lambda each: (-len(each), each))
        parts.append(f"(?:{'|'.join(map(_as_pattern, longest_first))})")
    return re.compile("(?<![^ ])" + rf"(?:{WORD}){{0,{near}}}".join(parts))
