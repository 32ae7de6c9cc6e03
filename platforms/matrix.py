"""python -m platforms.matrix FILE: what each platform can do, in one table, from the specs and the adapters themselves."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from platforms import catalog
from platforms.access import Connects, Renews, Revokes
from platforms.contract import Amends, Counts, Finds, Notifies, PlatformSpec, Probes, Stages, Verifies, Withdraws
from platforms.limits import Rate
from platforms.strangers import Answers, Listens, Mentions, Responds

_HEAD = """# What each platform can do

Written by `make matrix` from the specs and the adapters; a test fails where it is not what they say. To add one:
[ADDING_A_PLATFORM.md](../ADDING_A_PLATFORM.md).
"""
_WINDOWS = {1: "a second", 60: "a minute", 900: "in 15 minutes", 3_600: "an hour", 86_400: "a day"}
_EACH = {"account": "an account", "app": "our app", "recipient": "a recipient"}


def _yes(*, really: bool) -> str:
    return "yes" if really else "–"


def _can(kind: type) -> Callable[[PlatformSpec], str]:
    return lambda spec: _yes(really=issubclass(catalog.adapter_class(spec.slug), kind))


def _rate(rate: Rate) -> str:
    window = _WINDOWS.get(int(rate.seconds), f"in {rate.seconds:g} s")
    return f"{rate.count:,} {window} for {_EACH[rate.scope]}"


def _charge(spec: PlatformSpec) -> str:
    if spec.prices is None:
        return "–"
    return f"${spec.prices.plain:.3f}, with a link ${spec.prices.with_link:.3f}"


def _absent(spec: PlatformSpec) -> str:
    if not issubclass(catalog.adapter_class(spec.slug), Finds):
        return "–"
    return f"after {spec.appears_within.total_seconds():g} s" if spec.appears_within else "after some seconds"


def _consent(spec: PlatformSpec) -> str:
    kind = catalog.consent_class(spec.slug)
    if kind is None:
        return "none is needed" if spec.by_hand else "given by an administrator: `manage.py connect_service`"
    asks = "its own screen" if issubclass(kind, Connects) else "a code posted there"
    ends = "we can end it" if issubclass(kind, Revokes) else "only the editor can end it"
    renewed = "; renewed by us before it ends" if issubclass(kind, Renews) else ""
    return f"{asks}{renewed}; {ends}{', for all accounts that the person allowed' if spec.by_person else ''}"


ROWS: list[tuple[str, Callable[[PlatformSpec], str]]] = [
    ("publishes", lambda spec: "a person does, by hand" if spec.by_hand else "yes"),
    ("writes to single people (`Notifies`)", _can(Notifies)),
    ("tells whom a token speaks for (`Verifies`)", _can(Verifies)),
    ("…and charges for it", lambda spec: _yes(really=spec.verify_is_charged)),
    ("proves the whole way to a chat of ours (`Probes`)", _can(Probes)),
    ("counts followers or publications (`Counts`)", _can(Counts)),
    ("reads an account back (`Finds`)", _can(Finds)),
    ("…from the last known number on", lambda spec: _yes(really=spec.numbered)),
    ("…and believes an absence", _absent),
    ("edits in its place (`Amends`)", _can(Amends)),
    ("takes away (`Withdraws`)", _can(Withdraws)),
    ("reads comments beneath a publication (`Listens`)", _can(Listens)),
    ("…and what names the account elsewhere (`Mentions`)", _can(Mentions)),
    ("…and charges for it", lambda spec: _yes(really=spec.reads_are_charged)),
    ("…and answers them there (`Answers`)", _can(Answers)),
    ("answers private messages to an account (`Responds`)", _can(Responds)),
    ("answers in threads", lambda spec: _yes(really=spec.threads)),
    ("shows the alert's card", lambda spec: {"never": "–", "may": "yes", "must": "always"}[spec.picture]),
    ("…uploaded before the publication (`Stages`)", _can(Stages)),
    ("longest text", lambda spec: f"{spec.text_limit:,} {spec.unit}"),
    ("layout", lambda spec: f"`{spec.layout}`"),
    ("our rates", lambda spec: "<br>".join(map(_rate, spec.rates)) or "–"),
    ("…for taking away, counted apart", lambda spec: "<br>".join(map(_rate, spec.removals)) or "–"),
    ("access", _consent),
    ("charges for a publication", _charge),
    ("before the first account is connected", lambda spec: spec.setup),
    ("needs the account's number", lambda spec: _yes(really=spec.needs_id)),
    ("settings of our app", lambda spec: "<br>".join(f"`{spec.setting(name)}`" for name in spec.app_secrets) or "–"),
    ("source", lambda spec: f"{spec.source}, read on {spec.checked_on}"),
]


_PRIVATE_HEAD = """## What writes to single people only

These carry notices, never publications: they have no accounts. Without their settings a house goes without them.
"""
_PRIVATE_ROWS = ("longest text", "layout", "our rates", "settings of our app", "source")
_SET_UP = ("what it needs", lambda spec: spec.setup)


def table() -> str:
    """Return the page, as Markdown; every SDK is loaded for it."""
    rows = [row for row in ROWS if row[0] in _PRIVATE_ROWS]
    private = _table(catalog.private(), [*rows[:-1], _SET_UP, rows[-1]])
    return "\n".join((_HEAD, _table(catalog.specs(), ROWS), _PRIVATE_HEAD, private))


def _table(specs: Sequence[PlatformSpec], rows: Sequence[tuple[str, Callable[[PlatformSpec], str]]]) -> str:
    lines = ["| | " + " | ".join(spec.name for spec in specs) + " |", "|---" * (len(specs) + 1) + "|"]
    lines += [f"| {label} | " + " | ".join(say(spec) for spec in specs) + " |" for label, say in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), encoding="utf-8")
