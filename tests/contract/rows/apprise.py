"""Any other service through Apprise: a gateway of the simulator's."""

from platforms.contract import Receipt
from platforms.errors import BadCredentials, ContentRejected, QuotaUsed
from tests.contract.rows.row import Row

ROW = Row(
    "contract-service",
    {"service_url": "json://127.0.0.1:9/apprise/notify/contract-service?+X-Access-Key=service-key-4d3c2b1a0f9e"},
    # A gateway answers a 2xx and means it; what is in it, nobody has promised. A key that is locked out is a dead one.
    answers={
        "400": ContentRejected, "403": BadCredentials, "404": BadCredentials, "suspended": BadCredentials, "quota": QuotaUsed,
        "empty_json-200": Receipt, "array_2xx-200": Receipt,
    },
)  # fmt: skip
