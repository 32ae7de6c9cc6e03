"""The simulator for tests: started in a thread, on a free loopback port, stopped at the end."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.app import build
from simulator.server import Server, listen_twice, make_server
from simulator.world import World

START_SECONDS = 10
ANSWER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that runs. `url` has no slash at the end; `world` is its state, for tests of the simulator itself."""

    url: str
    port: int
    world: World
    server: Server

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the control API and return its answer, decoded.

        Args:
            method: GET, PUT, POST or DELETE.
            path: behind `/_control/`, with its query.
            body: JSON value to send; None for none.

        Raises:
            ValueError: it answered with an error; its sentence is the message.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, f"/_control/{path}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 400:
            raise ValueError(value["error"])
        return value


@contextlib.contextmanager
def running(port: int = 0, data: Path | None = None) -> Iterator[Running]:
    """Run a simulator for the length of a with block.

    Args:
        port: loopback port; 0 for any free one.
        data: SQLite file; None for a world in memory.

    Raises:
        RuntimeError: it did not start.
    """
    listener, mail = listen_twice("127.0.0.1", port)
    application = build(data, mail)
    server = make_server(application)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True)
    thread.start()
    number = listener.getsockname()[1]
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the simulator did not start")
            time.sleep(0.005)
        yield Running(f"http://127.0.0.1:{number}", number, application.state.world, server)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()
        mail.close()
