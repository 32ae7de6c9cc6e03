"""Mastodon."""

from platforms.errors import Throttled
from tests.contract.rows.row import Row

ROW = Row(
    "@contract@social.example",
    {
        "access_token": "access-token-3c4d5e6f7a8b",
        "client_id": "client-id-of-ours-there",
        "client_secret": "client-secret-8b7a6f5e4d3c",
    },
    kept={
        "client_id": "client-id-of-ours",
        "client_secret": "the-secret-of-mastodon",
        "server": "social.example",
        "verifier": "a-verifier-of-ours",
    },
    bare_list=True,
    # A server has one kind of limit: so many in a time.
    answers={"quota": Throttled},
)
