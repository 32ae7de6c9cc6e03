"""What the contract's tests need to know of a platform."""

from dataclasses import dataclass, field

from platforms.contract import Receipt
from platforms.errors import PlatformError


@dataclass(frozen=True)
class Row:
    """The account of one platform on which all this happens, and where the platform differs from the rest.

    Attributes:
        address: the account's.
        secrets: what an adapter needs, and of that its own.
        operations_chat: of Telegram.
        app: the secrets of our app, as the consent is given them; empty if it has no consent screen, or asks for its app itself.
        kept: what the consent keeps of an app that it has registered itself, its id and its secret first, and whatever else
            its exchange needs.
        bare_list: what stands there is listed as a bare array, so that an empty one is a whole answer: nothing stands there.
        schemes: how an address of it begins, in clear and encrypted.
        says_when: it says after how many seconds it may be asked again.
        answers: the outcome of an abuse (`test_abuse.TABLE`) where it is not the usual one; a receipt where the platform promises
            no more than that very answer.
    """

    address: str
    secrets: dict[str, str]
    operations_chat: str = ""
    app: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    bare_list: bool = False
    schemes: tuple[str, str] = ("http", "https")
    says_when: bool = True
    answers: dict[str, type[PlatformError | Receipt]] = field(default_factory=dict)
