"""The goals of the atlas: its map is quick and light, however many accounts there are and however long they are measured."""

from typing import TYPE_CHECKING

from tests.load.house import postgres

if TYPE_CHECKING:
    from tests.load.__main__ import Run

LIGHT = 150_000  # bytes, compressed
QUICK_MS = 100.0


def atlas(run: "Run") -> None:
    """The map's page, and the statistics beside it, as accounts and days of history grow; the goals are those of the greatest."""
    sizes = ((50, 30), (100, 60)) if run.short else ((200, 110), (2_000, 1_096))
    seconds = 3 if run.short else 15
    before: dict[str, float] = {}
    for accounts, days in sizes:
        folder = run.folder / f"atlas{accounts}-db"
        folder.mkdir()
        with postgres(folder) as database:
            told = run.scenario("mapped", accounts=accounts, days=days, seconds=seconds, database=database)
        last = (accounts, days) == sizes[-1]
        whole = told["snapshots"] == accounts * days
        if not whole:
            run.broken.append(f"of {accounts * days:,} snapshots: {told['snapshots']:,}")
        run.add(f"{accounts:,} accounts: daily snapshots", told["snapshots"], "rows", goal="all", met=whole)
        for name, words in (("map", "the map's page"), ("statistics", "a ranking's page")):
            p95 = 1000 * told[name]["p95_s"]
            kept = told[name]["rate"] >= 0.98 * told[name]["wanted_rate"] and not told[name]["not_taken"]
            goal = last and name == "map"
            run.add(
                f"  {words}, p95", p95, "ms", baseline=before.get(name), goal=f"<= {QUICK_MS:g}" if goal else "",
                met=kept and p95 <= QUICK_MS if goal else None,
            )  # fmt: skip
            before[name] = p95
        size = told["map"]["compressed"]
        run.add("  the map's page, compressed", size, "bytes", goal=f"<= {LIGHT:,}", met=size <= LIGHT)
