"""What the ladder says: the reminder to whoever stays silent, and the question to their emergency contact; fixed words alone."""

from crisis.alerts.editions import kind_of
from crisis.alerts.models import Alert
from crisis.alerts.operations import frame
from crisis.broadcast.models import NoticeRun, Wording, notice_texts
from crisis.broadcast.queries import notice_wordings
from crisis.broadcast.ways import spec_of
from crisis.registry.queries import numbers
from crisis.wording.catalogue import words
from crisis.wording.render import fixed_text
from crisis.wording.slots import place_text

WHO = "{who}"  # stands in a stored question for the person's name, which is put in when it is sent and stored nowhere


def reminder(alert: Alert, kind: str, language: str) -> str:
    """Return what reminds somebody: what happened, where, and how to answer; no word of what to do, which the alert has said."""
    event, place = kind_of(alert).texts[language].name, place_text(alert.slots["place"], language)
    told = {"reminder": words(language)["reminder"].format(event=event, place=place)}
    return fixed_text(f"reminder_{notice_texts(kind)}", language, told, frame(alert))


def question(alert: Alert, kind: str, language: str, number: str) -> str:
    """Return what an emergency contact is asked: that we try to make contact, with whom, and a number; nothing else."""
    told = {"emergency": words(language)["emergency"].format(who=WHO, number=number)}
    return fixed_text(f"emergency_{notice_texts(kind)}", language, told, frame(alert))


def about(text: str, name: str, language: str) -> str:
    """Put the person's name into a question that is sent now; whoever gave none is "somebody who named you".

    Args:
        text: as it is stored.
        name: the person's, which may be blank, or hold anything.
        language: of the text.
    """
    return text.replace(WHO, " ".join(name.split()) or words(language)["emergency_unnamed"])


def number_for(alert: Alert) -> str:
    """Return the ministry's own number, blank if its directory has none: a post's would say where the person is."""
    return numbers(None, alert.ministry).best


def texts(alert: Alert, kind: str, purpose: NoticeRun.Purpose) -> dict[str, Wording]:
    """Return what is said one way, by language, written down the first time that it is needed.

    Args:
        alert: which asks, and is out.
        kind: the way.
        purpose: a reminder, or a question to emergency contacts.

    Returns:
        Nothing where there is nothing to say: no language is complete, or there is no number to call.
    """
    if not (rows := notice_wordings(alert, kind, purpose)):
        rows = Wording.objects.bulk_create(_written(alert, kind, purpose))
    return {row.languages: row for row in rows}


def _written(alert: Alert, kind: str, purpose: NoticeRun.Purpose) -> list[Wording]:
    spec, number, found = spec_of(kind), number_for(alert), {}
    if purpose == NoticeRun.Purpose.REMINDER:
        # In the languages in which people were told one way or another.
        told = Wording.objects.filter(alert=alert, platform=notice_texts(kind), form=NoticeRun.Purpose.ALERT)
        found = {language: reminder(alert, kind, language) for language in told.values_list("languages", flat=True)}
    elif number:
        found = {language: question(alert, kind, language, number) for language in alert.ministry.languages}
    return [
        Wording(
            alert=alert,
            platform=notice_texts(kind),
            form=purpose,
            speaks=language,
            languages=language,
            text=text,
            units=spec.measure(text),
            subject=_subject(alert, purpose, language) if spec.subjects else "",
        )
        for language, text in found.items()
    ]


def _subject(alert: Alert, purpose: NoticeRun.Purpose, language: str) -> str:
    fixed = words(language)
    subject = fixed[f"{purpose}_subject"]
    return fixed["labelled"].format(label=fixed["exercise"], value=subject) if alert.exercise else subject
