"""An editor with a browser: follows a link, meets the simulator's consent screens, and comes back to us."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.journal.models import Entry
from crisis.registry.invitations import invite
from crisis.registry.models import Account, Mode
from crisis.staff.models import Officer


def link_to(account: Account, **more: Any) -> str:
    """Return the path of a fresh link, made by the approver."""
    by = Officer.objects.get(username="approver")
    return f"/connect/{invite(account=account, by=by, now=clock.now(), **more)}/"


class Editor:
    """A browser: our pages through Django's client, the platform's through the network."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.seen: list[str] = []  # every page and address, for what must not stand in any

    def opens(self, path: str, status: int = 200) -> str:
        """Open a page of ours, and return it as it is read."""
        response = self.client.get(path, follow=True)
        assert response.status_code == status, response.content.decode()
        return self._note(path, response)

    def presses(self, path: str) -> Any:
        """Press the one button of a page of ours."""
        page = self.client.get(path).content.decode()
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page
        response = self.client.post(path, {"csrfmiddlewaretoken": token[1]})
        self._note(path, response)
        return response

    def begins(self, path: str) -> str:
        """Press the button, and return the address of the platform's consent screen."""
        response = self.presses(path)
        assert response.status_code == 302, response.content.decode()
        where: str = response["Location"]
        assert where.startswith(settings.SIMULATOR_URL)
        return where

    def answers(self, screen: str, answer: str = "yes", **fields: str) -> str:
        """Answer a consent screen, and return where the platform sends the browser."""
        shown = requests.get(screen, timeout=5)
        assert shown.status_code == 200, shown.text
        form = {
            name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown.text)
        }
        ticked = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', shown.text), "1")
        action = re.search(r'method="post" action="([^"]+)"', shown.text)
        assert action
        where = f"{settings.SIMULATOR_URL}{action[1]}"
        sent = requests.post(where, data=form | ticked | fields | {"answer": answer}, timeout=5, allow_redirects=False)
        assert sent.status_code == 303, sent.text
        back = sent.headers["Location"].partition("#")[0]
        assert back.startswith(f"{settings.PUBLIC_URL}/connect/callback/")
        return back.removeprefix(settings.PUBLIC_URL)

    def connects(self, path: str, status: int = 200, /, **fields: str) -> str:
        """Go the whole way, and return the page at its end."""
        return self.opens(self.answers(self.begins(path), **fields), status)

    def _note(self, path: str, response: Any) -> str:
        page = html.unescape(response.content.decode())
        self.seen += [path, page, response.get("Location", "")]
        return page


def query(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def account_on(platform: str) -> Account:
    address = {"x": "belgiumembjapan", "facebook": "BelgiumInJapan", "telegram": "@tocsin_demo_alerts"}[platform]
    found = Account.objects.filter(shadow_of__platform=platform, shadow_of__address__iexact=address).first()
    return found or Account.objects.filter(mode=Mode.EXERCISE, platform=platform, is_home=True).exclude(address="")[0]


def other_than(account: Account) -> Account:
    rows = Account.objects.filter(mode=Mode.EXERCISE, platform=account.platform).exclude(address="")
    return rows.exclude(pk=account.pk)[0]


def me(account: Account) -> dict[str, str]:
    """What the editor of an account says on the platform's consent screen."""
    return {"account": account.address} if account.platform == "x" else {"pages": account.address}


def end(account: Account, headquarters: Client) -> str:
    response = headquarters.post(f"/connect/end/{account.pk}/", follow=True)
    return response.content.decode()


def entries(account: Account, action: str) -> list[Entry]:
    return list(Entry.objects.filter(subject=f"account:{account.pk}", action=f"registry.{action}").order_by("id"))
