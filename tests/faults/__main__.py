"""python -m tests.faults [--short] [--json FILE] [--only WORDS]: the fault matrix, on SQLite, then on PostgreSQL."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

HEADER = """The fault matrix: real workers, real Valkey, SQLite and PostgreSQL, loopback platforms, broken on purpose.
  Cut short here, so that a row takes seconds: leases 5 s (the product's: 45 and 60), a read-back after 1 s (5), a list late
  by 6 s (60), what a send may take 3.5 s (35), a chunk 1.5 s (10), HTTP time-outs 2 s (10 to 15), the sweep every second (2),
  breakers open for 2 s (30), a notice is repeated after 2 s (60); the token may send 1,000 a second, which a ministry can
  buy. So recovery figures are for comparing; add the differences for the product's own.
  Each line: runs of the fault; deliveries+notices; what was lost, doubled, sent again after an unknown outcome, and held for
  a person (a Telegram channel in which nothing of ours is known yet cannot be read back); seconds until all was well; the
  invariants:"""
KEPT = ("fault", "runs", "lost", "doubled", "resent_unknown", "held", "recovery_s", "invariants")


def main() -> int:
    """Run the rows of both databases; 1 if anything was lost, doubled, or an invariant broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--short", action="store_true", help="fewer rows, fewer kills, shorter outages")
    parser.add_argument("--json", type=Path, help="where the figures go as data")
    parser.add_argument("--only", default="", help="rows whose name this regular expression finds")
    parser.add_argument("--on", choices=("sqlite", "postgres"), action="append", help="only this database")
    chosen = parser.parse_args()
    began = time.monotonic()
    sys.stdout.write(HEADER + "\n")
    for name, words in _invariants().items():
        sys.stdout.write(f"    {name} {words}\n")
    sys.stdout.flush()
    codes = []
    with tempfile.TemporaryDirectory(prefix="tocsin-faults-") as folder:
        file = Path(folder) / "results"
        file.touch()
        for database in chosen.on or ("sqlite", "postgres"):
            command = [sys.executable, "-m", "tests.faults.runner", "--on", database, "--results", str(file)]
            command += ["--only", chosen.only] + ["--short"] * chosen.short
            codes.append(subprocess.run(command, cwd=ROOT, check=False).returncode)
        results = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if chosen.json:
        data = [{name: each[name] for name in KEPT} | _more(each) for each in results]
        chosen.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return _summary(results, codes, time.monotonic() - began)


def _invariants() -> dict[str, str]:
    from tests.faults.rows import INVARIANTS

    return INVARIANTS


def _more(result: dict[str, Any]) -> dict[str, Any]:
    """Return what the data holds beside what was asked for."""
    state = "not run" if result["not_run"] else "failed" if result["wrong"] else "passed"
    names = ("database", "deliveries", "notices", "figure", "wrong", "not_run", "seconds")
    return {"state": state} | {name: result[name] for name in names}


def _summary(results: list[dict[str, Any]], codes: list[int], seconds: float) -> int:
    skipped = [each for each in results if each["not_run"]]
    failed = [each for each in results if each["wrong"]]
    sums = {name: sum(each[name] for each in results) for name in ("lost", "doubled", "resent_unknown", "held")}
    sys.stdout.write(
        f"{len(results) - len(skipped) - len(failed)} rows passed, {len(failed)} failed, {len(skipped)} did not run, in "
        f"{seconds:.0f} s. Deliveries {sum(each['deliveries'] for each in results)}, notices "
        f"{sum(each['notices'] for each in results)}: lost {sums['lost']}, doubled {sums['doubled']}, sent again after an "
        f"unknown outcome {sums['resent_unknown']}, held {sums['held']}.\n"
    )
    for each in failed:
        sys.stdout.write(f"  FAILED: {each['fault']} [{each['database']}]: {'; '.join(each['wrong'])[:300]}\n")
    if not results:
        sys.stdout.write("No row ran.\n")
    return 1 if failed or not results or any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
