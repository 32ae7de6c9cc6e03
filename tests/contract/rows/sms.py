"""SMS."""

from platforms.errors import BadCredentials
from tests.contract.rows.row import Row

ROW = Row(
    "+99912345678",
    {"token": "gateway-token-3e2d1c0b9a"},
    answers={"suspended": BadCredentials, "403": BadCredentials},
)
