"""Weibo."""

from platforms.errors import Throttled
from tests.contract.rows.row import Row

ROW = Row(
    "contract_weibo",
    {"access_token": "2.00-access-token-5e6f7a8b9c0d", "public_ip": "203.0.113.17"},
    app={"app_key": "1234567890", "app_secret": "the-secret-of-weibo", "public_ip": "203.0.113.17"},
    # It says that an account publishes too often, and no more.
    answers={"quota": Throttled},
    says_when=False,
)
