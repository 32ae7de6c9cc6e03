"""A TCP proxy in front of a server, which can be slow, or fall silent without closing anything."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Pair:
    silent: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


class Proxy:
    """Passes everything on, until it is told otherwise.

    Attributes:
        delay_s: how long each answer is held back.
        silent: nothing is passed on, and nothing closed, on any connection, old or new.
    """

    def __init__(self, port: int, to: int) -> None:
        self.delay_s, self.silent = 0.0, False
        self._port, self._to = port, to
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), name="proxy", daemon=True).start()
        started.wait(10)

    def half_open(self) -> int:
        """Let every connection there is fall silent for good, as behind a gateway that forgot them; new ones work.

        Returns:
            How many there were.
        """
        for pair in list(self._pairs):
            pair.silent = True
        return len(self._pairs)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self._port, backlog=512))
        started.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = _Pair()
        self._pairs.add(pair)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            self._pairs.discard(pair)
            return
        ways = [self._pump(pair, reader, back, slow=False), self._pump(pair, there, writer, slow=True)]
        pair.tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(pair.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pair.tasks:
            task.cancel()
        for end in (writer, back):
            with contextlib.suppress(OSError):
                end.close()
        self._pairs.discard(pair)

    async def _pump(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if slow and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                while self.silent or pair.silent:  # noqa: ASYNC110 - another thread sets them
                    await asyncio.sleep(0.05)
                writer.write(data)
                await writer.drain()
