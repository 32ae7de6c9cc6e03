"""X."""

from platforms.errors import ContentRejected, QuotaUsed
from tests.contract.rows.row import Row

ROW = Row(
    "contract_x",
    {
        "consumer_key": "consumer-key-of-ours",
        "consumer_secret": "consumer-secret-9f8e7d6c5b4a",
        "access_token": "access-token-1a2b3c4d5e6f",
        "access_token_secret": "access-token-secret-6f5e4d3c2b1a",
    },
    app={"consumer_key": "key", "consumer_secret": "the-secret-of-x"},
    answers={"400": ContentRejected, "403": ContentRejected, "quota": QuotaUsed},
)
