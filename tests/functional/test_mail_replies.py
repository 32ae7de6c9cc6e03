"""An answer to an e-mail is known by the address to which it goes, read without what it quotes, and taken as an SMS is."""

import hashlib
import hmac
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.audience.models import Contact
from crisis.audience.replying import contact_of_address, token_of
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from receipts.quotes import without_quotes
from simulator.testing import Running
from tasks import replies
from tests.functional.factories import citizen, issued, notify_all, reachable

PATH = "/receipts/email/messages"
ADDRESS = "emma@example.org"


def mailbox(address: str = ADDRESS, **person: Any) -> Contact:
    contact = citizen(**person)
    found = reachable(contact, "email", address)
    contact.delete()
    return found


def told(**person: Any) -> Contact:
    contact = mailbox(**person)
    notify_all(issued())
    return contact


def mail(text: str, contact: Contact | None, *, html: str = "", sender: str = ADDRESS, **headers: str) -> bytes:
    message = EmailMessage()
    token = token_of(contact.pk) if contact else "re1-" + "0" * 24
    given = {"From": f"Emma <{sender}>", "To": f"alerts+{token}@tocsin.example", "Message-ID": "<1@example.org>",
             "Date": format_datetime(clock.now()), "Subject": "Re: alert"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }  # fmt: skip
    for name, value in given.items():
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def post(body: bytes, *, secret: str = "", age_s: int = 0, recipient: str = "") -> Any:
    at = str(int(clock.now().timestamp()) - age_s)
    key = secret or settings.RECEIPTS_SECRETS["email"]
    proof = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    given = {"Tocsin-Timestamp": at, "Tocsin-Signature": f"sha256={proof}"}
    given |= {"Tocsin-Recipient": recipient} if recipient else {}
    return Client(enforce_csrf_checks=True).post(PATH, body, "message/rfc822", headers=given)


def answers() -> list[tuple[str, str]]:
    return list(CheckIn.objects.order_by("pk").values_list("safety", "source"))


def test_a_notice_names_the_address_and_what_is_written_there_is_an_answer(sim: Running) -> None:
    contact = told()
    (letter,) = sim.control("GET", "letters?way=email")
    to = letter["body"]["Reply-To"]
    assert contact_of_address(to) == contact
    assert contact_of_address(to.upper()) == contact, "some servers write addresses in their own way"
    assert ADDRESS.partition("@")[0] not in to
    for _ in range(10):
        assert (
            post(mail("1\n\nOn Sat, 1 Jan 2026 Tocsin wrote:\n> 2 we are trapped\n", contact, To=to)).status_code == 200
        )
    assert answers() == [("safe", "email")]
    assert CheckIn.objects.get().contact == contact


def test_the_confirmation_answers_the_same_mailbox_and_says_that_a_machine_wrote_it(
    sim: Running, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[Any, ...]] = []

    def send(_name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        assert queue == "slow"
        rung.extend(arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", send)
    contact = told()
    with django_capture_on_commit_callbacks(execute=True):
        post(mail("2", contact))
    replies.confirm(*rung[0])
    _, letter = sim.control("GET", "letters?way=email")
    assert (letter["recipient"], letter["body"]["Auto-Submitted"]) == (ADDRESS, "auto-replied")
    assert contact_of_address(letter["body"]["Reply-To"]) == contact


def test_our_token_from_another_address_is_read_by_a_person_and_believed_by_no_rule(sim: Running) -> None:
    contact = told()
    assert post(mail("1", contact, sender="husband@example.org")).status_code == 200
    assert answers() == [("unclear", "email")]
    assert Case.objects.get().kind == "unclear"


def test_an_address_that_is_none_of_ours_is_not_heard_whatever_from_says(sim: Running) -> None:
    told()
    for to in (
        "alerts@tocsin.example",
        "alerts+re1-xyz@tocsin.example",
        "re1@x",
        "",
        "alerts+re99999999999999999999-00@x",
    ):
        assert post(mail("1", None, To=to or "nobody")).status_code == 200
    assert post(mail("1", None)).status_code == 200
    assert answers() == []
    assert InboxUpdate.objects.filter(source="email").count() == 0


def test_what_the_server_says_of_the_recipient_goes_before_what_the_message_says(sim: Running) -> None:
    contact = told()
    ours = f"alerts+{token_of(contact.pk)}@tocsin.example"
    assert post(mail("1", None, To="undisclosed@example.org"), recipient=ours).status_code == 200
    assert answers() == [("safe", "email")]


def test_machines_are_never_read_as_answers(sim: Running) -> None:
    contact = told()
    marks: list[dict[str, str]] = [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated; x"}, {"Precedence": "bulk"},
        {"Precedence": "list"},
        {"X_Autoreply": "yes"}, {"List_Id": "<x>"}, {"Return_Path": "<>"}, {"From": "MAILER-DAEMON@example.org"},
        {"Subject": "Automatic reply: alert"}, {"Subject": "Réponse automatique : x"}, {"Subject": "Automatisch antwoord"},
        {"Subject": "Abwesenheitsnotiz"}, {"Content_Type": "multipart/report"},
    ]  # fmt: skip
    for number, mark in enumerate(marks):
        body = mail(
            "1", contact, **{"Message_ID": f"<{number}@x>", **{k: v for k, v in mark.items() if k != "Content_Type"}}
        )
        if "Content_Type" in mark:
            body = body.replace(b"text/plain", b"multipart/report; boundary=x")
        assert post(body).status_code == 200
    assert answers() == []
    assert post(mail("1", contact, Auto_Submitted="no")).status_code == 200
    assert answers() == [("safe", "email")]


def test_what_is_not_signed_old_or_too_large_is_refused(sim: Running, settings: Any) -> None:
    contact = told()
    body = mail("1", contact)
    assert post(body, secret="somebody's").status_code == 403
    assert post(body, age_s=301).status_code == 403
    assert Client().post(PATH, body, "message/rfc822").status_code == 403
    assert Client().get(PATH).status_code == 405
    assert post(b"x" * 10_000_001).status_code == 413
    settings.RECEIPTS_SECRETS = {"email": ""}
    assert post(body, secret="x").status_code == 403
    assert answers() == []


def test_hostile_mail_breaks_nothing_and_is_never_taken_for_safe(sim: Running) -> None:
    contact = told()
    to = f"alerts+{token_of(contact.pk)}@tocsin.example".encode()
    head = b"From: emma@example.org\r\nTo: " + to + b"\r\n"
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300))
    for body in (
        b"\0" * 100, head, head + b"\r\n\xff\xfe", head + deep + b"\r\n1",
        head + b"Content-Type: text/plain; charset=nonsense\r\n\r\n1",
        head + b"Content-Type: text/html\r\n\r\n<div><blockquote>1</div>", head + b"Date: never\r\nMessage-ID: [\r\n\r\nhelp",
        head + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!", head + b"From: <<<>>>,,,\r\n\r\n" + b"2" * 100_000,
        head + b"Subject: =?utf-8?q?\xff?=\r\nContent-Disposition: attachment\r\n\r\n1",
    ):  # fmt: skip
        assert post(body).status_code == 200, body[:80]
    assert "safe" not in {safety for safety, _ in answers()}


def test_a_picture_goes_to_a_person(sim: Running) -> None:
    contact = told()
    message = EmailMessage()
    message["From"], message["To"] = ADDRESS, f"alerts+{token_of(contact.pk)}@tocsin.example"
    message.set_content("1")
    message.add_attachment(b"\xff\xd8" * 300_000, maintype="image", subtype="jpeg", filename="a.jpg")
    assert post(message.as_bytes()).status_code == 200
    assert answers() == [("unclear", "email")]


def test_html_alone_is_read_without_what_it_quotes(sim: Running) -> None:
    contact = told(people=3)
    page = "<html><style>x</style><body><p>We are all safe</p><div class=gmail_quote>we are trapped</div></body></html>"
    raw = mail("x", contact).replace(b"text/plain", b"text/html").replace(b"\nx\n", b"\n" + page.encode() + b"\n")
    assert post(raw).status_code == 200
    assert answers() == [("safe", "email")]


def test_an_older_mail_replaces_nothing_and_stop_ends_it(sim: Running) -> None:
    contact = told()
    post(mail("2", contact, Message_ID="<new@x>"))
    post(mail("1", contact, Message_ID="<old@x>", Date=format_datetime(clock.now() - timedelta(seconds=30))))
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    post(mail("STOP\n\n-- \nEmma", contact, Message_ID="<stop@x>"))
    contact.refresh_from_db()
    assert contact.state == Contact.State.STOPPED


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("1\n> 2\n", "1"),
        ("1\r\n\r\nOn Mon, 2 Feb 2026 at 10:00, Tocsin\r\n<a@b.c> wrote:\r\n> 2", "1"),
        ("> are you there?\nwe are fine\n", "we are fine"),
        ("Op ma 2 feb. 2026 om 10:00 schreef Tocsin <a@b.c>:\n> vraag\n1", "1"),
        ("1\nLe lun. 2 févr. 2026 à 10:00, Tocsin <a@b.c> a écrit :\nquoted without a mark", "1"),
        ("1\nAm Mo., 2. Feb. 2026 um 10:00 Uhr schrieb Tocsin <a@b.c>:\n> x", "1"),
        ("1\n\n-----Original Message-----\nFrom: x\n2", "1"),
        ("1\n________________________________\nVan: Tocsin\n2", "1"),
        ("1\n-- \nEmma, +32 2 000 00 00", "1"),
        ("1\n\nVerzonden vanaf mijn iPhone", "1"),
        ("On the road we saw fire", "On the road we saw fire"),
        ("", ""),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_only_what_the_person_wrote_is_read(text: str, left: str) -> None:
    assert without_quotes(text) == left
