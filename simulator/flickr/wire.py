"""Flickr on the wire: who asks (OAuth 1.0a), which method, and the answer in JSON or XML."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge
from simulator.faults import Aim
from simulator.flickr import consent, photos
from simulator.flickr.errors import Refused, problem, said, trouble
from simulator.flickr.photos import Asked
from simulator.forms import BadForm, Form, read_form
from simulator.oauth1 import fits, read_authorization

if TYPE_CHECKING:
    from simulator.world import World

# Each of them includes those before it. Source: flickr.com/services/api/auth.oauth.html
PERMISSIONS = ("read", "write", "delete")


@dataclass(frozen=True, slots=True)
class Method:
    """One method: name and kind by which faults know it, what the token must be allowed, and what does it."""

    name: str
    kind: str
    needs: str
    do: Callable[["World", Asked], dict[str, Any]]


FILES = {
    "/flickr/services/upload/": Method("upload", "create", "write", photos.upload),
    "/flickr/services/replace/": Method("replace", "edit", "write", photos.replace),
}
METHODS = {
    "flickr.photos.setMeta": Method("setMeta", "edit", "write", photos.set_meta),
    "flickr.photos.delete": Method("delete", "delete", "delete", photos.delete),
    "flickr.people.getPhotos": Method("getPhotos", "list", "read", photos.get_photos),
    "flickr.people.getInfo": Method("getInfo", "other", "read", photos.get_info),
    "flickr.test.login": Method("login", "other", "read", photos.login),
}


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs, and those of the consent."""
    wire = FlickrWire(world)
    return [
        *consent.routes(world),
        Address("/flickr/services/rest/", wire, methods=["GET", "POST"]),
        *(Address(path, wire, methods=["POST"]) for path in FILES),
    ]


class FlickrWire:
    """Serves `/flickr/services/rest/`, and beside it what takes files."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        if any(key in ("oauth_token", "oauth_signature", "api_secret") for key, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        name = "-"
        try:
            form = await self._read(exchange)
            in_json = form.text("format") == "json"
            method = FILES.get(exchange.path) or METHODS.get(form.text("method") or "")
            name = method.name if method else name
            account = self._authenticated(exchange, form)
        except (Refused, Problem) as error:
            answer = problem(*error.args) if isinstance(error, Problem) else said(error, in_json=False)
            self._world.tally.count("flickr", name, answer.status)
            return await exchange.reply(answer)
        if method is None:
            self._world.tally.count("flickr", name, 200)
            return await exchange.reply(said(Refused(112), in_json=in_json))
        return await conduct(
            exchange, self._call(exchange, account, form, method), self._world.faults, self._world.tally
        )

    @staticmethod
    async def _read(exchange: Exchange) -> Form:
        try:
            return read_form(exchange.raw_query, exchange.headers.get("content-type", ""), await exchange.body())
        except (BadForm, TooLarge) as error:
            raise Refused(3) from error

    def _call(self, exchange: Exchange, account: Account, form: Form, method: Method) -> Call:
        asked = Asked(account, form, exchange.base_url, present().timestamp())
        in_json = form.text("format") == "json"

        def run(hidden: float) -> Answer:
            asked.hidden = hidden
            try:
                if PERMISSIONS.index(method.needs) > PERMISSIONS.index(account.secrets.get("perms") or "delete"):
                    raise Refused(99)
                return said(method.do(self._world, asked), in_json=in_json)
            except Refused as refused:
                return said(refused, in_json=in_json)

        aim = Aim("flickr", method.name, method.kind, (account.key, account.platform_id))
        return Call(aim, run, lambda fault: trouble(fault, in_json=in_json, uploads=method in FILES.values()))

    def _authenticated(self, exchange: Exchange, form: Form) -> Account:
        """Return whose token it is.

        Raises:
            Problem: Flickr's word for what is wrong.
        """
        oauth = read_authorization(exchange.headers.get("authorization", ""))
        account = self._world.accounts.holding("flickr", "access_token", oauth.get("oauth_token", ""))
        if account is None:
            raise Problem("token_rejected")
        held = account.secrets
        if oauth.get("oauth_consumer_key") != held.get("api_key"):
            raise Problem("consumer_key_unknown")
        # All is signed but the photo, in whatever form it comes.
        signed = urlencode({name: form.text(name) for name in form.values})
        pair = (held.get("api_secret", ""), held.get("access_token_secret", ""))
        url = exchange.base_url + exchange.path
        if not fits(exchange.method, url, signed, oauth, pair, present().timestamp()):
            raise Problem("signature_invalid", urlencode(oauth | {"url": url}))
        return account


class Problem(Exception):
    """What is wrong with a signature, in Flickr's word, and what it took for signed."""
