"""Flickr by requests-oauthlib (ADR 15): the alert's card as a photo, the text as its description."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

import requests
from requests_oauthlib import OAuth1

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Media, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    BadCredentials,
    PlatformError,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.flickr_answers import CHANGE, REPLACE, UPLOAD, content_of, refusal, told
from platforms.flickr_text import TAGS, as_read, tag, words
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.flickr import FLICKR

# At DEBUG they write what is signed, and the header with the token.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_UPLOADS = "https://up.flickr.com"  # flickr.com/services/api/upload.api.html and replace.api.html
_READ_BACK = 500  # photos, the most that a page has. Source: flickr.com/services/api/flickr.people.getPhotos.html


class FlickrAdapter:
    """Publishes, amends, withdraws, reads back and verifies on Flickr."""

    spec: ClassVar[PlatformSpec] = FLICKR

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(GuardedSession, host=FLICKR.base_url, endpoint=endpoint)
        base = endpoint.base_url.rstrip("/")
        self._rest = f"{base}/services/rest/"
        # Flickr takes uploads on a host of its own; whatever takes Flickr's place takes both.
        self._uploads = f"{_UPLOADS if base == FLICKR.base_url else base}/services"

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Upload the card, with the text as its description; public, and safe for everybody."""
        if out.media is None or not out.media.content:
            raise Unsupported("nothing is published there without a picture")
        fields = {
            **words(out), "tags": tag(out), "is_public": "1", "is_friend": "0", "is_family": "0",
            "safety_level": "1", "content_type": "1", "hidden": "1",
        }  # fmt: skip
        answer = self._send("upload", fields, out.media, target, "creating", UPLOAD)
        if not (remote_id := told(answer).photo):
            raise Unconfirmed(f"{answer.status} without an id: {answer.words}")
        return self._receipt(remote_id, target)

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Give a photo another title and description, and then another picture: the old one says the old words.

        Flickr changes pictures of paid accounts only; on another the new words stand there, and everything is published anew.
        """
        if out.media is None or not out.media.content:
            raise Unsupported("its picture, which says the old words, cannot be changed without another")
        self._call(target, "photos.setMeta", "changing", CHANGE, photo_id=_number(remote_id), **words(out))
        answer = self._send("replace", {"photo_id": remote_id}, out.media, target, "changing", REPLACE)
        if told(answer).photo != remote_id:
            raise Unfinished(f"{answer.status} without the photo: {answer.words}")
        return self._receipt(remote_id, target)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a photo."""
        with suppress(PublicationGone):
            self._call(target, "photos.delete", "changing", CHANGE, photo_id=_number(remote_id))

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look for the tag, or the text, among all that the account has uploaded since.

        Of its photos themselves, not by `photos.search`: a new one may come late into an index, and would be called absent.
        """
        begin = since.astimezone(UTC) - SLACK
        content = self._call(
            target, "people.getPhotos", "reading", user_id="me", min_upload_date=str(int(begin.timestamp())),
            extras="description,machine_tags", per_page=str(_READ_BACK),
        )  # fmt: skip
        photos = content.get("photos")
        listed: dict[str, Any] = photos if isinstance(photos, dict) else {}
        rows, pages = listed.get("photo"), str(listed.get("pages"))
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise UnexpectedResponse("an answer without a list of photos")
        for row in rows:
            ours = [each for each in str(row.get("machine_tags", "")).split() if each.startswith(TAGS)]
            # A photo with another tag of ours has another card, even where its words were changed to these.
            if tag(out) in ours or (not ours and stands_in(out, as_read(content_of(row.get("description")), out.text))):
                return self._receipt(str(row["id"]), target)
        if pages not in ("0", "1"):
            raise UnexpectedResponse(f"{pages} pages of photos, of which one was read: its absence is not proven")
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        user = self._call(target, "test.login", "reading").get("user")
        if not isinstance(user, dict) or not user.get("id"):
            raise UnexpectedResponse("an answer without a user")
        return Identity(str(user["id"]), content_of(user.get("username")))

    def count(self, target: Target) -> Audience:
        """Ask how many photos there are; of followers Flickr says nothing.

        Source: flickr.com/services/api/flickr.people.getInfo.html
        """
        person = self._call(target, "people.getInfo", "reading", user_id=target.platform_id).get("person")
        photos = person.get("photos") if isinstance(person, dict) else None
        counted = photos.get("count") if isinstance(photos, dict) else None
        return audience(counted, publications="_content")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, remote_id: str, target: Target) -> Receipt:
        return Receipt(remote_id, f"{self._endpoint.web_url}/photos/{target.address}/{remote_id}")

    def _send(
        self,
        path: str,
        fields: Mapping[str, str],
        picture: Media,
        target: Target,
        doing: Doing,
        means: Mapping[str, type[PlatformError]],
    ) -> Answer:
        where, signed = f"{self._uploads}/{path}/", _signer(target)
        # Flickr wants all signed but the photo; of what goes out as multipart, the signer would sign nothing.
        header = requests.Request("POST", where, data=fields, auth=signed).prepare().headers["Authorization"]
        photo = {"photo": ("card.jpg", picture.content, "image/jpeg")}
        headers = {"Authorization": header}
        return self._ask(lambda session: session.post(where, data=fields, files=photo, headers=headers), means, doing)

    def _call(
        self,
        target: Target,
        method: str,
        doing: Doing,
        means: Mapping[str, type[PlatformError]] | None = None,
        /,
        **fields: str,
    ) -> dict[str, Any]:
        signed = _signer(target)
        data = {"method": f"flickr.{method}", "format": "json", "nojsoncallback": "1", **fields}
        answer = self._ask(lambda session: session.post(self._rest, data=data, auth=signed), means or {}, doing)
        content = answer.json()
        return content if isinstance(content, dict) else {}

    def _ask(
        self, call: Callable[[GuardedSession], object], means: Mapping[str, type[PlatformError]], doing: Doing
    ) -> Answer:
        session = self._sessions.get()
        try:
            call(session)
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        return accepted(session.last, partial(refusal, means=means), doing=doing)


def _signer(target: Target) -> OAuth1:
    secrets = target.secrets
    if missing := [name for name in FLICKR.secrets if not secrets.get(name)]:
        raise BadCredentials(f"no {', '.join(missing)} stored")
    return OAuth1(
        secrets["api_key"],
        client_secret=secrets["api_secret"],
        resource_owner_key=secrets["access_token"],
        resource_owner_secret=secrets["access_token_secret"],
    )


def _number(remote_id: str) -> str:
    if not (remote_id.isascii() and remote_id.isdecimal()):
        raise Unsupported(f"{remote_id} is no number of a photo")
    return remote_id
