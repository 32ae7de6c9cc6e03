"""The goals of the answers: webhook and inbox, the board, the pages, and everybody together while a broadcast goes out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.load.house import postgres

if TYPE_CHECKING:
    from tests.load.__main__ import Run

LIGHT = 14 * 1024  # bytes; what a server may send before the first acknowledgement: RFC 6928


def _database(run: "Run", name: str) -> Path:
    made = run.folder / f"{name}-db"
    made.mkdir()
    return made


def _none(run: "Run", words: str, number: int) -> None:
    """Add a row for what must not be at all, however small the numbers: it fails a short run too."""
    if number:
        run.broken.append(words)
    run.add(f"  {words}", number, "", goal="0", met=number == 0)


def inbox(run: "Run") -> None:
    """Webhook POST to a committed row, beside a view of the same server that does nothing."""
    seconds, rate = (2, 200) if run.short else (10, 1_000)
    with postgres(_database(run, "inbox")) as database:
        both = (("PostgreSQL", database, 0.55), ("SQLite", "", 0.4))
        for words, where, share in both[:1] if run.short else both:
            told = run.scenario("inbox", seconds=seconds, rate=rate, database=where)
            run.add(f"the same server's view that does nothing, {words}", told["nothing"], "POST/s")
            run.add(
                f"webhook POST to inbox row, {words}", told["rate"], "POST/s", baseline=told["nothing"],
                goal=f">= {share}x", met=told["rate"] >= share * told["nothing"],
            )  # fmt: skip
            run.add("  a second, by one process", told["rate"], "POST/s", goal=">= 1000", met=told["rate"] >= 1_000)
            # It must keep up with the rate, else its times are those of a queue that grows.
            kept = told["at_rate"] >= 0.98 * rate
            run.add(
                f"  p99 at {rate:,} a second", told["p99_s"], "s", goal="<= 0.05", met=kept and told["p99_s"] <= 0.05
            )
            run.add("    taken a second then", told["at_rate"], "POST/s")
            _none(run, f"of {told['sent']:,} updates lost", told["lost"])
            _none(run, "stored twice, or never sent", told["doubled"] + told["not_ours"])


def board(run: "Run") -> None:
    """From a press to the board, through the bot."""
    seconds, rate = (5, 20) if run.short else (20, 200)
    with postgres(_database(run, "board")) as database:
        both = (("SQLite", ""), ("PostgreSQL", database))
        for words, where in both[:1] if run.short else both:
            told = run.scenario("visible", seconds=seconds, rate=rate, database=where)
            whole = told["lost"] == 0
            run.add(
                f"POST to an answer on the board at {rate} a second, {words}, p95", told["p95_s"], "s", goal="<= 2",
                met=whole and told["p95_s"] <= 2,
            )  # fmt: skip
            run.add("  answers a second that reached it", told["rate"], "/s")
            _none(run, f"of {told['sent']:,} answers lost", told["lost"])
            _none(
                run, "recorded twice, or not counted by the board", told["doubled"] + abs(told["sent"] - told["board"])
            )


def pages(run: "Run") -> None:
    """The pages that everybody opens."""
    seconds, rate = (2, 200) if run.short else (8, 1_000)
    with postgres(_database(run, "pages")) as database:
        told = run.scenario("pages", seconds=seconds, rate=rate, database=database)
    nothing: dict[str, Any] = told.pop("nothing")
    run.add("the same server's view that does nothing", nothing["rate"], "GET/s")
    run.add(f"  p95 at {rate:,} a second", nothing["p95_s"], "s")
    for name, words in (("alert", "the alert's page"), ("check_in", "the check-in page")):
        page = told[name]
        run.add(words, page["rate"], "GET/s", baseline=nothing["rate"], goal=">= 1000/s", met=page["rate"] >= 1_000)
        kept = page["at_rate"] >= 0.98 * rate and not page["not_taken"]
        run.add(f"  p95 at {rate:,} a second", page["p95_s"], "s", goal="<= 0.05", met=kept and page["p95_s"] <= 0.05)
        run.add("    answered a second then", page["at_rate"], "GET/s")
        run.add("  on the wire, with its CSS", page["wire"], "bytes", goal=f"<= {LIGHT}", met=page["wire"] <= LIGHT)


def crowd(run: "Run") -> None:
    """Fourteen times a normal day: 50 answers a second by every way, while a broadcast goes out."""
    seconds = 8 if run.short else 120
    broadcast = 1_000 if run.short else 30_000
    # At Telegram's own rate, at which the token is what is short; and at one at which all notices leave during the answers.
    both = (("at a higher rate", max(30, 6 * broadcast // (5 * seconds))), ("at Telegram's rate", 30))
    for words, rate in both[:1] if run.short else both:
        with postgres(_database(run, f"crowd{rate}")) as database:
            told = run.scenario("crowd", seconds=seconds, broadcast=broadcast, rate=rate, database=database)
        run.add(f"50 answers a second while {broadcast:,} notices go out, {words}", told["sent"], "answers")
        run.add("  messages a second meanwhile", told["messages_per_s"], "msg/s")
        for kind, named in (("press", "by the bot"), ("visit", "by the web page"), ("text", "by SMS")):
            _none(run, f"lost {named}", told["lost"][kind])
            _none(run, f"recorded twice, or by nobody, {named}", told["doubled"][kind] + told["foreign"][kind])
        answer, unanswered = told["answer_p95_s"], told["unanswered"]
        run.add("  from a press to the bot's answer, p95", answer, "s", goal="<= 2", met=answer <= 2 and not unanswered)
        _none(run, "presses that were not answered", unanswered)
        run.add("  answered more than once", told["answered_again"], "")
        visit = told["called"]["visit"]["p95"]
        run.add("  page, form and its confirmation together, p95", visit, "s", goal="<= 2", met=visit <= 2)
        text = told["called"]["text"]["p95"]
        run.add("  an SMS taken, p95", text, "s", goal="<= 2", met=text <= 2)
