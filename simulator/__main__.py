"""`python -m simulator --port 8001 --data var/simulator.sqlite3`: the simulator as a process of its own."""

import argparse
import logging
import signal
import sqlite3
import sys
from pathlib import Path

from simulator.app import build
from simulator.server import listen_twice, make_server
from simulator.telegram.webhook import is_loopback


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT.

    Args:
        arguments: of the command line; None for the process's own.

    Returns:
        The exit code: 0 after a clean stop, 2 when the address or the file cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Loopback doubles of Telegram, X and Facebook."
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="SQLite file that outlives a restart (default: in memory)")
    chosen = parser.parse_args(arguments)
    if not is_loopback(chosen.host):
        return _refuse(f"the simulator listens on loopback only, and {chosen.host} is not")
    try:
        listener, mail = listen_twice(chosen.host, chosen.port)
    except (OSError, OverflowError) as error:
        return _refuse(f"cannot listen on {chosen.host}:{chosen.port}: {getattr(error, 'strerror', None) or error}")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        application = build(chosen.data, mail)
    except (sqlite3.Error, OSError) as error:
        listener.close()
        mail.close()
        return _refuse(f"cannot keep anything in {chosen.data}: {error}")
    server = make_server(application)
    # uvicorn stops on these two by itself, and then raises the signal again, for the handlers that stood before: these.
    # So the process ends with 0, not as if it had been killed; and a signal that comes before uvicorn listens counts.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    sys.stdout.write(f"simulator: http://{host}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"simulator: {reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
