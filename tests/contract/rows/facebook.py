"""Facebook pages."""

from platforms.errors import PlatformError
from tests.contract.rows.row import Row

ROW = Row(
    "contract.page",
    {"page_token": "EAAB-page-token-0a1b2c3d4e5f", "app_secret": "app-secret-5f4e3d2c1b0a"},
    app={"app_id": "4711", "app_secret": "the-secret-of-facebook"},
    answers={"quota": PlatformError},
)
