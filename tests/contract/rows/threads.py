"""Threads."""

from tests.contract.rows.row import Row

ROW = Row(
    "contract.threads",
    {"access_token": "THAA-threads-token-0a1b2c3d4e5f"},
    app={"app_id": "4713", "app_secret": "the-secret-of-threads"},
)
