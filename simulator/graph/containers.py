"""Publishing in two steps, as Instagram and Threads do it: containers that nobody sees, and what became of them."""

import asyncio
import http.client
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulator.accounts import Account
from simulator.clock import graph_time
from simulator.exchange import Answer
from simulator.faults import Fault
from simulator.forms import Form
from simulator.graph.errors import GraphError, no_such_object
from simulator.graph.pages import LARGEST_LIST, USUAL_LIST, Asked, Body
from simulator.graph.wire import GraphWire, Route
from simulator.pictures import Measure, measure
from simulator.publications import Publication
from simulator.telegram.webhook import is_loopback

if TYPE_CHECKING:
    from simulator.world import World

DAY_SECONDS = 86_400  # a container ends after it, and so long a publication counts for the quota
MAX_PICTURE_BYTES = 8 * 1024 * 1024
FETCH_SECONDS = 5
# Width by height. Source: developers.facebook.com, Instagram Platform, content publishing, image specifications.
NARROWEST, WIDEST = 4 / 5, 1.91


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a platform words it.

    Attributes:
        platform: its slug; the names of its limits begin with it.
        make, publish, listed: the last part of the addresses of the three.
        text, state, why: the fields of the text, of a container's state, and of what went wrong.
        check: reads the form of a container and returns its text, its picture's address and what it answers.
        page: where people see a publication, with `{name}` and `{id}` in it.
        no_such_container: the error for a container that cannot be published.
        counts: an account has the numbers of its followers and of its publications among its fields.
    """

    platform: str
    make: str
    publish: str
    listed: str
    text: str
    state: str
    why: str
    page: str
    check: Callable[["World", Account, Form], tuple[str, str, str]]
    no_such_container: Callable[[str], GraphError]
    counts: bool = False


@dataclass(slots=True)
class Container:
    """What is to be published; `published` is the number under which it was, `until` when it is processed."""

    owner: str
    text: str
    pictures: tuple[str, ...]
    reply_to: str
    made_at: float
    until: float
    published: str = ""

    def state(self, now: float) -> str:
        """Return its state."""
        if self.published:
            return "PUBLISHED"
        if now >= self.made_at + DAY_SECONDS:
            return "EXPIRED"
        return "FINISHED" if now >= self.until else "IN_PROGRESS"


@dataclass(slots=True)
class TwoSteps:
    """The containers of one platform, which a restart forgets, and what can be done with them."""

    dialect: Dialect
    containers: dict[str, Container] = field(default_factory=dict)

    def route(self, method: str, names: list[str]) -> Route | None:
        """Return the route of a request; only publishing counts as creating, as nothing else is public."""
        match (method, *names):
            case ("POST", _, self.dialect.make):
                return Route("container", "container", self.make)
            case ("POST", _, self.dialect.publish):
                return Route(self.dialect.publish, "create", self.publish)
            case ("GET", _, self.dialect.listed):
                return Route("listed", "list", self.list_all)
            case ("GET", _):
                return Route("node", "other", self.show)
            case ("DELETE", _):
                return Route("delete", "delete", self.delete)
        return None

    async def make(self, world: "World", asked: Asked) -> Body:
        """Make a container."""
        self._own(asked)
        text, address, reply_to = self.dialect.check(world, asked.page, asked.form)
        pictures: tuple[str, ...] = ()
        if address:
            content = await fetched(address)
            size = checked(content)
            pictures = (_number(),)
            owner = f"{self.dialect.platform}:{asked.page.key}"
            alt = asked.form.text("alt_text") or ""
            world.pictures.add(pictures[0], owner, size, content, asked.now, alt)
        seconds = world.limits[f"{self.dialect.platform}_processing_seconds"] or 0
        container = Container(asked.page.key, text, pictures, reply_to, asked.now, asked.now + seconds)
        self.containers[name := _number()] = container
        return {"id": name}

    def publish(self, world: "World", asked: Asked) -> Body:
        """Publish a container."""
        self._own(asked)
        name = asked.form.text("creation_id") or ""
        found = self.containers.get(name)
        if found is None or found.owner != asked.page.key:
            raise self.dialect.no_such_container(name)
        state = found.state(asked.now)
        if state == "IN_PROGRESS":
            raise GraphError(9007, "The media is not ready for publishing, please wait a moment", 2207027)
        if state != "FINISHED":
            raise self.dialect.no_such_container(name)
        if (allowed := world.limits[f"{self.dialect.platform}_posts_per_day"]) is not None:
            posts = world.publications.search(platform=self.dialect.platform, account=asked.page.key)
            if sum(each.created_at > asked.now - DAY_SECONDS for each in posts) >= allowed:
                raise quota()
        found.published = _number()
        world.publications.add(
            asked.page,
            found.published,
            found.text,
            asked.now,
            reply_to=found.reply_to or None,
            pictures=found.pictures,
        )
        return {"id": found.published}

    def list_all(self, world: "World", asked: Asked) -> Body:
        """List what stands, newest first."""
        self._own(asked)
        limit = min(asked.form.whole("limit", USUAL_LIST), LARGEST_LIST)
        found = world.publications.standing(asked.page, until=asked.now - asked.hidden_seconds, limit=limit)
        return {"data": [self._told(each, asked) for each in found]}

    def show(self, world: "World", asked: Asked) -> Body:
        """Show an account, a container, or what was published."""
        if asked.name in ("me", asked.page.platform_id):
            known: Body = {"id": asked.page.platform_id, "username": asked.page.address, "name": asked.page.name}
            if self.dialect.counts:
                known |= {
                    "followers_count": asked.page.followers,
                    "media_count": world.publications.count_standing(asked.page),
                }
            return _chosen(known, asked)
        container = self.containers.get(asked.name)
        if container is not None and container.owner == asked.page.key:
            return _chosen({"id": asked.name, self.dialect.state: container.state(asked.now)}, asked)
        return self._told(self._standing(world, asked, "get"), asked)

    def delete(self, world: "World", asked: Asked) -> Body:
        """Delete what was published."""
        self._standing(world, asked, "delete")
        world.publications.delete(asked.page, asked.name, asked.now)
        return {"success": True, "deleted_id": asked.name}

    @staticmethod
    def _own(asked: Asked) -> None:
        if asked.name not in ("me", asked.page.platform_id):
            raise no_such_object(asked.name, "post")

    @staticmethod
    def _standing(world: "World", asked: Asked, verb: str) -> Publication:
        found = world.publications.find(asked.page, asked.name)
        if found is None:
            raise no_such_object(asked.name, verb)
        return found

    def _told(self, publication: Publication, asked: Asked) -> Body:
        page = self.dialect.page.format(name=asked.page.key, id=publication.remote_id)
        known: Body = {
            "id": publication.remote_id,
            self.dialect.text: publication.text,
            "timestamp": graph_time(publication.created_at),
            "permalink": f"{asked.base_url}{page}",
            "media_type": "IMAGE",
            "username": asked.page.address,
        }
        return _chosen(known, asked)


def _chosen(known: Body, asked: Asked) -> Body:
    """Return the fields that were asked for, and the id always; what an object does not have is left out."""
    wanted = [name.strip() for name in (asked.form.text("fields") or "id").split(",")]
    return {name: known[name] for name in dict.fromkeys([*wanted, "id"]) if name in known}


def quota() -> GraphError:
    """Return the error for an account that has published all that it may in a day."""
    return GraphError(
        9,
        "You reached maximum number of posts that is allowed to be published by Content Publishing API.",
        2207042,
        status=403,
        title="Application request limit reached",
    )


def checked(content: bytes) -> Measure:
    """Return the size of a picture.

    Raises:
        GraphError: it is none that may be published.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise GraphError(36000, "The image is too large to download. It should be less than 8 MiB.", 2207004)
    size = measure(content)
    if size is None or size.media_type != "image/jpeg" or not size.height:
        raise GraphError(36001, "The image format is not supported: it must be JPEG.", 2207005)
    if not NARROWEST <= size.width / size.height <= WIDEST:
        raise GraphError(36003, "The aspect ratio of the image is not supported: 4:5 to 1.91:1.", 2207009)
    return size


async def fetched(address: str) -> bytes:
    """Fetch a picture, as the platform does: by its address, on this machine.

    Raises:
        GraphError: it is not there, or takes too long.
    """
    parts = urlsplit(address)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        # The platforms want https and a public address; here nothing else than this machine is ever asked.
        raise _not_fetched()
    try:
        return await asyncio.to_thread(_get, parts.netloc, parts.path + (f"?{parts.query}" if parts.query else ""))
    except TimeoutError as error:
        raise GraphError(-2, "It takes too long to download the media.", 2207003) from error
    except (OSError, http.client.HTTPException) as error:
        raise _not_fetched() from error


def _get(host: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", path or "/")
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(f"status {answer.status}")
        return answer.read(MAX_PICTURE_BYTES + 1)
    finally:
        connection.close()


def _not_fetched() -> GraphError:
    return GraphError(9004, "The media could not be fetched from this URI.", 2207052)


def _number() -> str:
    return str(17 * 10**15 + secrets.randbelow(10**15))


class TwoStepsWire(GraphWire):
    """A Graph API on which a publication takes two steps."""

    def __init__(self, world: "World", dialect: Dialect) -> None:
        super().__init__(world)
        self._steps = TwoSteps(dialect)

    def _route(self, method: str, names: list[str]) -> Route | None:
        return self._steps.route(method, names)

    def _trouble(self, fault: Fault, account_id: str, name: str) -> Answer:
        return quota().answer() if fault.name == "quota" else super()._trouble(fault, account_id, name)
