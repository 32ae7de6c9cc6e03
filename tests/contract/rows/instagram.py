"""Instagram."""

from tests.contract.rows.row import Row

ROW = Row(
    "contract.insta",
    {"page_token": "EAAP-insta-token-0a1b2c3d4e5f", "app_secret": "app-secret-insta-5f4e3d2c1b0a"},
    app={"app_id": "4712", "app_secret": "the-secret-of-instagram"},
)
