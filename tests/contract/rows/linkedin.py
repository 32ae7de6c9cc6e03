"""LinkedIn pages of organisations."""

from platforms.errors import QuotaUsed
from tests.contract.rows.row import Row

ROW = Row(
    "contract-page",
    {"access_token": "AQX-access-token-0f1e2d3c4b5a"},
    app={"client_id": "86abcdef", "client_secret": "the-secret-of-linkedin"},
    answers={"quota": QuotaUsed},
)
