"""python -m platforms.matrix FILE: what each platform can do, in one table, from the specs and the adapters themselves."""

import sys
from collections.abc import Callable
from pathlib import Path

from platforms import catalog
from platforms.contract import (
    Amends,
    Connects,
    Finds,
    Notifies,
    PlatformSpec,
    Probes,
    Revokes,
    Verifies,
    Withdraws,
)
from platforms.limits import Rate

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


def _consent(spec: PlatformSpec) -> str:
    kind = catalog.consent_class(spec.slug)
    asks = "its own screen" if issubclass(kind, Connects) else "a code posted there"
    ends = "we can end it" if issubclass(kind, Revokes) else "only the editor can end it"
    return f"{asks}; {ends}{', for all accounts that the person allowed' if spec.by_person else ''}"


ROWS: list[tuple[str, Callable[[PlatformSpec], str]]] = [
    ("publishes", lambda _: "yes"),
    ("writes to single people (`Notifies`)", _can(Notifies)),
    ("tells whom a token speaks for (`Verifies`)", _can(Verifies)),
    ("…and charges for it", lambda spec: _yes(really=spec.verify_is_charged)),
    ("proves the whole way to a chat of ours (`Probes`)", _can(Probes)),
    ("reads an account back (`Finds`)", _can(Finds)),
    ("…from the last known number on", lambda spec: _yes(really=spec.numbered)),
    ("edits in its place (`Amends`)", _can(Amends)),
    ("takes away (`Withdraws`)", _can(Withdraws)),
    ("answers in threads", lambda spec: _yes(really=spec.threads)),
    ("longest text", lambda spec: f"{spec.text_limit:,} {spec.unit}"),
    ("layout", lambda spec: f"`{spec.layout}`"),
    ("our rates", lambda spec: "<br>".join(map(_rate, spec.rates))),
    ("…for taking away, counted apart", lambda spec: "<br>".join(map(_rate, spec.removals)) or "–"),
    ("access", _consent),
    ("charges for a publication", _charge),
    ("before the first account is connected", lambda spec: spec.setup),
    ("needs the account's number", lambda spec: _yes(really=spec.needs_id)),
    ("settings of our app", lambda spec: "<br>".join(f"`{spec.setting(name)}`" for name in spec.app_secrets) or "–"),
    ("source", lambda spec: f"{spec.source}, read on {spec.checked_on}"),
]


def table() -> str:
    """Return the page, as Markdown; every SDK is loaded for it."""
    specs = catalog.specs()
    lines = ["| | " + " | ".join(spec.name for spec in specs) + " |", "|---" * (len(specs) + 1) + "|"]
    lines += [f"| {label} | " + " | ".join(say(spec) for spec in specs) + " |" for label, say in ROWS]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), encoding="utf-8")
