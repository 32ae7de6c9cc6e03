"""Examples of what a registry holds beside the posts' accounts, for the demo: all at names that belong to nobody (RFC 2606)."""

from datetime import datetime, timedelta

from django.db import transaction

from crisis.registry.competences import competences
from crisis.registry.fakes import list_fake, note_gone
from crisis.registry.keeping import Fake
from crisis.registry.models import Holder, Ministry
from crisis.registry.proposing import Wish, add_holder, decide, note_consent, propose_new
from crisis.staff.models import Officer

# kind, name, platform, address, what it is for; each with an account.
_SPEAKERS = (
    (Holder.Kind.DEPARTMENT, "Consular department (example)", "blog", "https://consular.example.org/", "Advice to travellers"),
    (Holder.Kind.PROJECT, "Stories from abroad (example)", "podcast", "https://stories.example.org/", "A podcast of our posts"),
    (Holder.Kind.PERSON, "Ada Example (ambassador, example)", "bluesky", "ambassador.example.org", "The ambassador’s own days"),
)  # fmt: skip


@transaction.atomic
def beyond_posts(ministry: Ministry, now: datetime) -> None:
    """Add a department, a project, a person who has agreed, the regions of data/competences.toml, fakes, and an open proposal."""
    if Holder.objects.filter(ministry=ministry, name=_SPEAKERS[0][1]).exists():
        return
    officer, approver = (Officer.objects.get(username=name) for name in ("officer", "approver"))
    post = ministry.posts.filter(country="JP").first() or ministry.posts.first()
    speakers = [(*each, "") for each in _SPEAKERS]
    for slug, region in competences(ministry.code).items():
        where = f"https://{slug.replace('_', '-')}.example.org/"
        name = f"{region.called('en')} (example)"
        speakers.append((Holder.Kind.REGION, name, "blog", where, "Trade, culture and studies", slug))
    for kind, name, platform, address, purpose, competence in speakers:
        at = post if kind in (Holder.Kind.PERSON, Holder.Kind.REGION) else None
        holder = add_holder(kind=kind, name=name, of_post=at, competence=competence, by=officer, now=now)
        if kind == Holder.Kind.PERSON:
            until = now.date() + timedelta(days=365)
            note_consent(
                holder=holder, given_on=now.date(), until=until, to_broadcast=False, paper="an example", by=approver, now=now
            )  # fmt: skip
        proposal = propose_new(
            holder=holder, link=address, platform=platform, wish=Wish(purpose=purpose), by=officer, now=now
        )
        if kind != Holder.Kind.PROJECT:  # one stays for the approver to look at
            decide(proposal=proposal, accept=True, by=approver, now=now)
    _fakes(officer, now)


def _fakes(officer: Officer, now: datetime) -> None:
    day = now.date() - timedelta(days=9)
    for link in ("@ministry_help@social.example.org", "@embassy_refunds@social.example.org"):
        list_fake(link=link, platform="mastodon", reported_on=day, note="asks for money", by=officer, now=now)
    note_gone(fake=Fake.objects.get(address__startswith="@embassy"), gone_on=now.date(), by=officer, now=now)
