"""python -m tests.interop [--only NAME]: each module beside this one, against a double that others have written.

A module is one platform: AGAINST names the double, and `checks()` is a context manager that starts it, or raises `Skipped`
where it cannot, and yields what is tried, in its order, as functions whose names say it. To add one is to add a file here.
"""

import argparse
import pkgutil
import sys
import traceback
from collections.abc import Callable
from importlib import import_module

from tests.interop.other import Skipped

_NO_MODULES = {"__main__", "other"}


def main() -> int:
    """Run them; return 1 if anything failed."""
    wanted = argparse.ArgumentParser(prog="python -m tests.interop")
    wanted.add_argument("--only", default="", help="one module's name")
    only = wanted.parse_args().only
    known = [
        each.name for each in pkgutil.iter_modules(sys.modules[__package__].__path__) if each.name not in _NO_MODULES
    ]
    if only and only not in known:
        wanted.error(f"there is no {only}; there are {', '.join(known)}")
    failed = sum(_one(name) for name in known if only in ("", name))
    _say(f"{failed} failed" if failed else "nothing failed")
    return 1 if failed else 0


def _one(name: str) -> int:
    module = import_module(f"{__package__}.{name}")
    _say(f"{name} against {module.AGAINST}")
    failed = 0
    try:
        with module.checks() as found:
            for check in found:
                failed += not _holds(check)
    except Skipped as why:
        _say(f"  SKIPPED: {why}")
    return failed


def _holds(check: Callable[[], None]) -> bool:
    words = check.__name__.lstrip("_").replace("_", " ")
    try:
        check()
    except Skipped as why:
        _say(f"  skipped  {words}: {why}")
    except Exception:  # noqa: BLE001 - whatever it is, it is said, and the others are tried
        _say(f"  FAILED   {words}")
        traceback.print_exc()
        return False
    else:
        _say(f"  holds    {words}")
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
