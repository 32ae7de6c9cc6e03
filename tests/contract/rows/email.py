"""E-mail."""

from tests.contract.rows.row import Row

ROW = Row(
    "citizen@example.org",
    {"sender": "alerts@ministry.example", "username": "relay-user-of-ours", "password": "relay-password-0f1e2d3c"},
    schemes=("smtp", "smtps"),
    says_when=False,
)
