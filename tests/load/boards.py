"""The goals of the board: what is read does not grow with the rows, many look on at once, and anybody is found in a moment."""

from typing import TYPE_CHECKING, Any

from tests.load.house import postgres

if TYPE_CHECKING:
    from tests.load.__main__ import Run

VIEWERS = 200


def boards(run: "Run") -> None:
    """One rollcall of ten times as many people each time, in one PostgreSQL; the goals are those of the greatest."""
    sizes = (300, 3_000) if run.short else (10_000, 100_000, 1_000_000)
    seconds = 4 if run.short else 20
    before: dict[str, float] = {}
    folder = run.folder / "boards-db"
    folder.mkdir(mode=0o700)  # else the server's library warns
    with postgres(folder) as database:
        for citizens in sizes:
            told = run.scenario("watching", citizens=citizens, viewers=VIEWERS, seconds=seconds, database=database)
            _say(run, citizens, told, before, last=citizens == sizes[-1])


def _say(run: "Run", citizens: int, told: dict[str, Any], before: dict[str, float], *, last: bool) -> None:
    lost = told["registered"] != citizens
    if lost:
        run.broken.append(f"of {citizens:,} people on the board: {told['registered']:,}")
    if told["not_taken"]:
        run.broken.append(f"the board's page was not answered {told['not_taken']} times")
    run.add(f"{citizens:,} people: on the board", told["registered"], "people", goal="all", met=not lost)
    for key, words, most, bare, beside in (
        ("sql_p95_s", "the board's SQL, p95", 1.0, "sql_bare_s", "as many statements that read nothing"),
        ("page_p95_s", f"its page with {VIEWERS} viewers, p95", 50.0, "page_bare_s", "as often a view that does nothing"),
        ("search_p95_s", "finding somebody, p95", 300.0, "search_bare_s", "finding a part of a name as a framework does"),
    ):  # fmt: skip
        value = 1000 * told[key]
        kept = key != "page_p95_s" or (told["page_rate"] >= 0.98 * told["wanted_rate"] and not told["not_taken"])
        run.add(
            f"  {words}", value, "ms", baseline=before.get(key), goal=f"<= {most:g}" if last else "",
            met=(kept and value <= most) if last else None,
        )  # fmt: skip
        before[key] = value
        run.add(f"    beside {beside}", value, "ms", baseline=1000 * told[bare])
    run.add("  a first page of its people, gravest first", told["list_s"], "s", baseline=before.get("list_s"))
    before["list_s"] = told["list_s"]
    run.add("  counting all its rows anew", told["counted_s"], "s", baseline=before.get("counted_s"))
    run.add(f"  adding {told['added']} answers up", 1000 * told["added_s"], "ms")
    run.add("  making those people and rows", told["made_s"], "s")
    before["counted_s"] = told["counted_s"]
