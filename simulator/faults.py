"""Faults on request: which request is to be struck, by what, and how often it has been."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from simulator.accounts import PLATFORMS, fold
from simulator.letters import WAYS

ANYWHERE = frozenset(PLATFORMS) | frozenset(WAYS)
WEB = ANYWHERE - {"email"}  # whoever answers by HTTP
LISTING = frozenset(slug for slug, each in PLATFORMS.items() if each.lists)
REFUSING = frozenset(slug for slug, each in PLATFORMS.items() if each.notices_duplicates)
CREATES = frozenset({"create"})
CHANGES = frozenset({"edit", "delete"})
LISTS = frozenset({"list"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of fault is: its meaning, where it exists, which requests it can strike, which params it needs."""

    meaning: str
    platforms: frozenset[str] = ANYWHERE
    kinds: frozenset[str] | None = None
    needs: tuple[str, ...] = ()


# The names are the control API's. The list is the checklist that every double of a platform must be able to play.
RULES: dict[str, Rule] = {
    "cut_before": Rule("the connection is closed; nothing is stored"),
    "cut_after": Rule("stored, then the connection is closed without an answer"),
    "cut_within": Rule("stored, then the connection is closed in the middle of the answer"),
    "slow_after": Rule("stored, the answer comes after `seconds`", needs=("seconds",)),
    "slow_before": Rule(
        "handled after `seconds`; nothing is stored if the client has left by then", needs=("seconds",)
    ),
    "rate_limit": Rule("429; `retry_after` seconds or null for no time at all; `scope` account or app"),
    "error_html": Rule("`status` (502) with a page of HTML", WEB),
    "error_json": Rule("`status` (500) with the JSON `body`", WEB),
    "empty_json": Rule("`status` (500) with {}", WEB),
    "garbage_2xx": Rule("`status` (200) with HTML; nothing is stored"),
    "created_garbage": Rule("stored, then a 2xx with HTML", kinds=CREATES),
    "array_2xx": Rule("`status` (200) with []", WEB),
    "unauthorized": Rule("the token is no longer good"),
    "suspended": Rule("the account is suspended, locked or thrown out of the channel"),
    "quota": Rule("credits or the day's quota are used up"),
    "duplicate": Rule("the platform says that this was published before", REFUSING, CREATES),
    "gone": Rule(
        "this recipient has left; `reason` blocked, deactivated, kicked or not_found",
        frozenset({"telegram", *WAYS}),
        CREATES,
    ),
    "migrated": Rule("the group has become the supergroup `to`", frozenset({"telegram"}), CREATES, ("to",)),
    "hidden_for": Rule("lists leave out what is younger than `seconds`", LISTING, LISTS, ("seconds",)),
    "edit_missing": Rule("what is to be changed is not there", kinds=CHANGES),
    "redirect": Rule("`status` (302) to the address `to`", WEB, needs=("to",)),
    "answer_bytes": Rule("`status` (200) with `size` bytes of JSON", WEB, needs=("size",)),
    "drip": Rule("stored, the answer comes byte by byte, one every `seconds`", needs=("seconds",)),
}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a fault can be aimed at: one request, as its platform understood it.

    `accounts` holds everything by which the account may be named (handle, page name, id, user name of the bot), folded.
    """

    platform: str
    method: str
    kind: str
    accounts: tuple[str, ...] = ()
    chat: str | None = None


@dataclass(slots=True)
class Fault:
    """One fault that somebody asked for. `times` None strikes until it is cleared."""

    id: int
    name: str
    platform: str | None = None
    account: str | None = None
    chat: str | None = None
    method: str | None = None
    times: int | None = None
    params: dict[str, Any] = field(default_factory=dict)
    struck: int = 0

    @property
    def active(self) -> bool:
        """Whether it will strike again."""
        return self.times is None or self.struck < self.times

    def number(self, name: str, otherwise: float) -> float:
        """Return the parameter `name` as a number."""
        value = self.params.get(name)
        return float(otherwise if value is None else value)

    def hits(self, aim: Aim) -> bool:
        """Tell whether this fault is meant for the request at `aim`."""
        rule = RULES[self.name]
        if not self.active or self.platform not in (None, aim.platform) or aim.platform not in rule.platforms:
            return False
        if rule.kinds is not None and aim.kind not in rule.kinds:
            return False
        # A bot's long poll would swallow a fault that a test meant for the next message: it must be named.
        methods = (aim.method.casefold(), aim.kind)
        named = self.method.casefold() in methods if self.method else aim.kind != "poll"
        whole_app = self.params.get("scope") == "app"
        right_account = self.account is None or whole_app or fold(self.account) in aim.accounts
        return named and right_account and self.chat in (None, aim.chat)

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        return {
            "id": self.id,
            "fault": self.name,
            "platform": self.platform,
            "account": self.account,
            "chat": self.chat,
            "method": self.method,
            "times": self.times,
            "params": self.params,
            "struck": self.struck,
            "active": self.active,
        }


class FaultBook:
    """The faults that wait, in the order in which they were asked for; the first that fits strikes.

    A restart clears them.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Take in the fault that the control API describes.

        Raises:
            ValueError: no such fault, not on this platform, or a parameter is missing.
        """
        name, platform = wanted.get("fault"), wanted.get("platform")
        params = wanted.get("params") or {}
        if not isinstance(name, str) or name not in RULES:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(RULES)}")
        rule = RULES[name]
        if platform is not None and platform not in rule.platforms:
            raise ValueError(f"{platform!r} has no fault {name}; it exists on {', '.join(sorted(rule.platforms))}")
        for needed in rule.needs:
            if params.get(needed) is None:
                raise ValueError(f"{name} needs params.{needed}: {rule.meaning}")
        unknown = set(wanted) - {"fault", "platform", "account", "chat", "method", "times", "params"}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        times, chat, account = wanted.get("times"), wanted.get("chat"), wanted.get("account")
        fault = Fault(
            id=next(self._ids),
            name=name,
            platform=platform,
            account=None if account is None else str(account),
            chat=None if chat is None else str(chat),
            method=wanted.get("method"),
            times=None if times is None else int(times),
            params=dict(params),
        )
        self._faults.append(fault)
        return fault

    def strike(self, aim: Aim) -> Fault | None:
        """Return the fault that strikes the request at `aim`, and count it; None when the request is spared."""
        for fault in self._faults:
            if fault.hits(aim):
                fault.struck += 1
                return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """Return all of them, used up or not, with how often each struck."""
        return [fault.as_json() for fault in self._faults]

    def clear(self, fault_id: int | None = None) -> None:
        """Clear the fault with that id, or all of them."""
        self._faults = [] if fault_id is None else [fault for fault in self._faults if fault.id != fault_id]
