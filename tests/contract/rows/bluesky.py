"""Bluesky."""

from platforms.errors import Throttled
from tests.contract.rows.row import Row

ROW = Row(
    "contract.example.org",
    {
        "access_token": "access-token-1a2b3c4d5e6f",
        "refresh_token": "refresh-token-6f5e4d3c2b1a",
        "dpop_key": "a-long-text-of-which-a-key-is-made",
    },
    app={
        "client_id": "https://alerts.example.org/connect/client-metadata/bluesky.json",
        "client_key": "the-key-of-bluesky",
    },
    kept={"verifier": "a-verifier-of-ours", "dpop_key": "another-long-text", "issuer": "http://127.0.0.1/bluesky"},
    # A server has one kind of limit: so many points in a time.
    answers={"quota": Throttled},
)
