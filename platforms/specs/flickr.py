"""Flickr, through its API with OAuth 1.0a."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import characters

FLICKR = PlatformSpec(
    slug="flickr",
    name="Flickr",
    base_url="https://www.flickr.com",
    web_url="https://www.flickr.com",
    page_path="people/{}",
    # What stands behind flickr.com/photos/. Flickr says nothing of a longest one; the length and the joint are our judgement.
    handle=Handle(longest=32),
    # Flickr publishes no limit of a description: this one is our judgement, far above the longest alert.
    text_limit=10_000,
    measure=characters,
    unit="characters",
    layout="facebook",
    rates=(Rate("app", 3_600, 3_600, "flickr.com/services/developer/api: under 3,600 queries an hour for a key"),),
    secrets=("api_key", "api_secret", "access_token", "access_token_secret"),
    app_secrets=("api_key", "api_secret"),
    source="flickr.com/services/api: uploading, people.getPhotos, photos.setMeta, photos.delete, test.login, OAuth",
    checked_on="2026-11-25",
    amends=True,
    withdraws=True,
    picture="must",
    # An upload whose connection broke may still be worked on: Flickr says nothing of for how long, so that is our judgement.
    appears_within=timedelta(minutes=2),
    setup="an app (an API key and its secret) with the callback address `PUBLIC_URL/connect/callback/flickr/`; each account has "
    "chosen an address (flickr.com/photos/NAME), by which it is listed, and is a paid one: a free one takes few photos in all",
)
