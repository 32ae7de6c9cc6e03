"""Whom a board, or a list of calls, is narrowed to, as it stands in an address: a view can be sent to a colleague."""

from collections.abc import Mapping
from datetime import UTC, datetime

from console.access import whole_number
from crisis.checkins import calling
from crisis.checkins.counting import Wanted
from crisis.checkins.queries import STATUSES
from crisis.places.names import is_country

HOUR = "%Y-%m-%dT%H"  # in UTC


def wanted_in(typed: Mapping[str, str]) -> Wanted:
    """Return what a filter's fields say; what is none of their values is passed over."""
    status, country = typed.get("status", ""), typed.get("country", "")
    try:
        since = datetime.strptime(typed.get("since", ""), HOUR).replace(tzinfo=UTC)
    except ValueError:
        since = None
    return Wanted(
        status=status if status in STATUSES else "",
        post_id=whole_number(typed.get("post", "")),
        country=country if is_country(country) else "",
        since=since,
    )


def written(wanted: Wanted) -> dict[str, str]:
    """Return a filter as the fields of an address, without those that are blank."""
    fields = {
        "status": wanted.status, "country": wanted.country, "post": str(wanted.post_id or ""),
        "since": f"{wanted.since:{HOUR}}" if wanted.since else "",
    }  # fmt: skip
    return {key: value for key, value in fields.items() if value}


def calls_wanted(typed: Mapping[str, str]) -> calling.Wanted:
    """Return what the fields of the list of calls say."""
    return calling.Wanted(
        whole_number(typed.get("post", "")), whole_number(typed.get("rollcall", "")), typed.get("mode", "")
    )
