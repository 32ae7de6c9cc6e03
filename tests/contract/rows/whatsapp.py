"""WhatsApp."""

from platforms.errors import BadCredentials
from tests.contract.rows.row import Row

ROW = Row(
    "+99912345678",
    {"token": "cloud-api-token-7a6b5c4d3e", "number_id": "104996122399160", "template": "consular_alert"},
    answers={"403": BadCredentials},
)
