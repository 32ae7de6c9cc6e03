"""Flickr."""

from tests.contract.rows.row import Row

ROW = Row(
    "contract_flickr",
    {
        "api_key": "flickr-key-of-ours",
        "api_secret": "flickr-secret-9f8e7d6c5b4a",
        "access_token": "flickr-token-1a2b3c4d5e6f",
        "access_token_secret": "flickr-token-secret-6f5e4d3c2b1a",
    },
    app={"api_key": "4714", "api_secret": "the-secret-of-flickr"},
)
