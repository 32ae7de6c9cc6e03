"""By hand: what would publish by itself is left to a person."""

from typing import ClassVar, NoReturn

from platforms.contract import Endpoint, Outgoing, PlatformSpec, Target
from platforms.errors import ByHand
from platforms.specs.manual import MANUAL
from platforms.wire import check_endpoint


class ManualAdapter:
    """Publishes nothing: a delivery that reaches it waits for a person."""

    spec: ClassVar[PlatformSpec] = MANUAL

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)

    def publish(self, out: Outgoing, target: Target) -> NoReturn:
        """Leave it to a person.

        Raises:
            ByHand: always; nothing was sent.
        """
        raise ByHand(f"{out.marker} on {target.address}")

    def close(self) -> None:
        """Nothing is open."""
