"""What somebody means who writes in their own words: read by rules that are data, and that can be shown beside the answer.

The rules fail to the safe side. A word of need beats "safe", and "safe" is believed only of a text in which every other word is
known to be harmless. What no rule explains is taken for a call for help, and a person reads it.
"""

from dataclasses import dataclass
from enum import StrEnum

from crisis.checkins.phrases import Said

TOLERATED = 0.34  # of the words of a part that says nothing bad
SHORT = 2  # so few words, all of them harmless, are a sigh, not a report


class Intent(StrEnum):
    """What a text means, as far as rules can tell."""

    SAFE = "safe"
    NEED_HELP = "need_help"
    NOT_THERE = "not_there"
    ABOUT_OTHER = "about_other"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reading:
    """An intent, and why.

    Attributes:
        intent: what was understood.
        because: the words that decided, as they were read: without capitals and accents.
        plain: a rule says so; False: no rule explains the text, and a person must.
    """

    intent: Intent
    because: tuple[str, ...] = ()
    plain: bool = True


def read(text: str) -> Reading:
    """Understand a text in any of our languages, or in a mix of them.

    Args:
        text: as it was written, of any length.

    Returns:
        The intent with its reasons. It never closes a case: it says who reads it first, and what the person is asked.
    """
    said = Said.of(text)
    if not said.words:
        return _of_signs(text)
    calm, rest = _calmed(said)
    safe, left = rest.without("safe")
    return (
        _of_need(said, rest, left)
        or _of_place(said, left, well=bool(safe or calm))
        or _of_well(said, calm, safe, rest, left)
    )


def hold_ready() -> None:
    """Compile the rules, which takes the better part of a second: at a start, and not while people write."""
    read("1")


def _of_need(said: Said, rest: Said, left: Said) -> Reading | None:
    """Look for a need, then for somebody else, then for a question; of another's need writes only who is elsewhere, or asks."""
    needs, others, asks = _needs(rest), _others(rest, left), _asks(rest)
    if needs and not (others and (rest.found("elsewhere") or asks)):
        return Reading(Intent.NEED_HELP, needs)
    if others:
        return Reading(Intent.ABOUT_OTHER, others)
    if asks:
        worry = _unexplained(said) if "?" in said.tokens else ()
        if not any(said.found(each) for each in ("enquiry", "safe", "calm", "doubt", "chatter")):
            worry = worry or asks  # "who can fetch us?" is no enquiry that we know
        return Reading(Intent.NEED_HELP, worry, plain=False) if worry else Reading(Intent.UNCLEAR, asks)
    only_no = set(said.words) <= set(said.found("refusal"))
    return Reading(Intent.NEED_HELP, tuple(said.words)) if only_no else None


def _of_place(said: Said, left: Said, *, well: bool) -> Reading | None:
    """Look for "not there"; a mere place is no such thing beside "safe", nor where no place has a name."""
    if left.found("mine", "kin"):
        return None  # "my husband left yesterday"
    away = left.found("away")
    if not away and not well and said.names_a_place and len(left.without("whereabouts")[1].unknown()) <= 1:
        away = left.found("whereabouts")
    return Reading(Intent.NOT_THERE, away) if away and not _unexplained(said, denials_too=True) else None


def _of_well(said: Said, calm: tuple[str, ...], safe: tuple[str, ...], rest: Said, left: Said) -> Reading:
    worry = _unexplained(said)
    if safe or calm:
        if worry:
            return Reading(Intent.NEED_HELP, worry, plain=False)
        if (doubt := rest.found("doubt")) and not calm:
            return Reading(Intent.UNCLEAR, doubt)
        of_one_person = not rest.found("self") and not rest.found("with_us")
        if of_one_person and (kin := rest.found("mine", "kin")):
            unknown = left.unknown()
            return Reading(Intent.NEED_HELP, unknown, plain=False) if unknown else Reading(Intent.ABOUT_OTHER, kin)
        return Reading(Intent.SAFE, safe or calm)
    if chatter := left.found("chatter"):
        return Reading(Intent.UNCLEAR, chatter)
    doubt, rest = left.without("doubt")
    greeting, rest = rest.without("greeting")
    unknown = rest.unknown()
    if not unknown and len(rest.words) <= SHORT:
        return Reading(Intent.UNCLEAR, doubt + greeting)
    return Reading(Intent.NEED_HELP, unknown or tuple(rest.words), plain=False)


def _of_signs(text: str) -> Reading:
    """Understand what has no word: a thumb, a heart, a call for help in one sign."""
    good = tuple(sign for sign in ("👍", "✅", "👌", "🆗") if sign in text)
    strange = [
        sign for sign in text if sign not in "👍✅👌🆗🙏❤️😊🙂💪 \n.!" and not "\U0001f3fb" <= sign <= "\U0001f3ff"
    ]
    return Reading(Intent.SAFE, good) if good and not strange else Reading(Intent.UNCLEAR)


def _calmed(said: Said) -> tuple[tuple[str, ...], Said]:
    """Return what is denied or put off, and what is left without it: "no fever", "if it gets worse"."""
    calm, rest = said.without("calm")
    _, rest = rest.without("aside")
    if rest.found("lack", "goods") or rest.found("goods", "gone"):
        return calm, rest  # "no doctor, and 40 of fever" denies no fever
    before, rest = rest.without("denial_of_harm", "harm")
    behind, rest = rest.without("harm", "none_of_it")
    return calm + before + behind, rest


def _needs(said: Said) -> tuple[str, ...]:
    found = said.found("need")
    for pair in (("lack", "goods"), ("goods", "gone"), ("unable", "acts")):
        found += said.found(*pair)
    found += said.found("not", "safe", near=1)
    return found


def _others(said: Said, left: Said) -> tuple[str, ...]:
    """Return what shows that it is about somebody who is not with the writer.

    Args:
        said: what was said.
        left: the same without what says that somebody is safe, so that "in safety" is no place.
    """
    kin, news = said.found("kin"), said.found("news")
    if news and (kin or said.names):
        return news + kin
    elsewhere, kin = left.found("elsewhere"), said.found("mine", "kin")
    return kin + elsewhere if kin and elsewhere and not said.found("with_us") else ()


def _asks(said: Said) -> tuple[str, ...]:
    """Return what asks: a mark, or a word that asks where a part of a sentence begins."""
    if "?" in said.tokens:
        return ("?",)
    return tuple(each for part in said.parts() for each in part.found("question") if part.line.startswith(each))


def _unexplained(said: Said, *, denials_too: bool = False) -> tuple[str, ...]:
    """Return what keeps a text that says "safe", or "not there", from being believed.

    Each part of it must say that somebody is well or away, or hold hardly a word that is not known to be harmless. What follows
    a "but" must say so, or be harmless as a whole, and so must a part that denies something.

    Args:
        said: what was said.
        denials_too: every part that denies something and says no such thing counts, not only after a "but".
    """
    worries: tuple[str, ...] = ()
    for part in (each for each in said.parts() if not each.asks):
        calm, rest = _calmed(part)
        safe, left = rest.without("safe")
        away, left = left.without("away")
        here, left = left.without("whereabouts")
        unknown, denials = left.unknown(), left.found("denial")
        strict = not (safe or calm or away or here) and (part.after_but or denials)
        worries += left.found("except")
        worries += left.found("not") if safe or calm else ()
        if not (safe or calm or away or here):
            worries += _bare_denial(rest) + (rest.found("mine", "kin") if part.after_but else ())
        if strict and denials and (part.after_but or denials_too):
            worries += denials
        if len(unknown) > (0 if strict else max(1, len(part.words) * TOLERATED)):
            worries += unknown
    return worries


def _bare_denial(part: Said) -> tuple[str, ...]:
    """Return what denies the part before it: "we are well, my wife is not", "all fine, not Sophie"."""
    words = part.words
    if len(words) < SHORT:
        return ()
    ends = words[-1] in part.found("not") + part.found("refusal")
    begins = len(words) <= SHORT and words[0] in part.found("not")
    return tuple(words) if ends or begins else ()


def speaks_for_all(text: str) -> bool:
    """Tell whether a text speaks of more than one person: of somebody's whole household, not of the writer alone."""
    return bool(Said.of(text).found("together"))


def may_call_for_help(text: str) -> bool:
    """Tell whether a text has words of need in one of our languages."""
    reading = read(text)
    return reading.intent == Intent.NEED_HELP and reading.plain


def says_only_help(text: str) -> bool:
    """Tell whether a text calls for help and says no more than that."""
    said = Said.of(text)
    return may_call_for_help(text) and set(said.words) <= {*said.found("cry"), *said.found("self")}


def is_small_talk(text: str) -> bool:
    """Tell whether a text is ordinary words, even where a town is called so: "okay" is a name of Les Cayes in Haiti."""
    _, rest = Said.of(text).without("safe")
    _, rest = rest.without("chatter")
    _, rest = rest.without("greeting")
    return not rest.words
