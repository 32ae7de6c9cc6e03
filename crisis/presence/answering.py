"""How long people wait for an answer on our accounts, as our own inbox knows it: a figure like others, once a day."""

from datetime import datetime, timedelta

from crisis.checkins.timeliness import by_account
from crisis.health.operations import beat
from crisis.health.queries import beaten_at
from crisis.presence.models import Source
from crisis.presence.operations import Said, record_all
from crisis.registry.models import Account, Mode

PULSE = "answers"
BACK = timedelta(
    days=90
)  # how far questions are looked back on: as long as they are kept (data/retention.toml, "letters")
FEWEST = 5  # answers that make a figure (our own judgement): one alone says how soon one was, and no more


def note_answers(now: datetime, *, mode: Mode) -> None:
    """Keep in how many minutes half of the questions to each account had their first answer; a second time a day does nothing.

    Args:
        now: the time.
        mode: LIVE; in a demo the shadows' questions are counted, and noted as demo data of the accounts whose shadows they are.
    """
    last = beaten_at(PULSE)
    if last is not None and last.date() >= now.date():
        return
    found = {key: each for key, each in by_account(mode, now - BACK).items() if each.answered >= FEWEST}
    told = [
        Said(account.shadow_of or account, now.date(), {"answer_minutes": round(median / timedelta(minutes=1))})
        for account in Account.objects.filter(pk__in=found).select_related("shadow_of")
        if (median := found[account.pk].median) is not None
    ]
    record_all(told, source=Source.INBOX if mode == Mode.LIVE else Source.DEMO, now=now)
    beat(PULSE, now)
