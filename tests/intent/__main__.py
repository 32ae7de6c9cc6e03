"""python -m tests.intent: how the rules for free text read the labelled messages; 1 if the sealed half is below the gate."""

import hashlib
import os
import sys
from collections import Counter
from pathlib import Path

import django

FOLDER = Path(__file__).parent
LABELS = ("safe", "need_help", "not_there", "about_other", "unclear")
LANGUAGES = ("nl", "fr", "de", "en")
# The gate, for each language apart, on the sealed half.
LEAST_RECALL, MOST_MISTAKEN, MOST_TO_A_PERSON = 0.98, 0.005, 0.20


def messages(half: str, language: str) -> list[tuple[str, str]]:
    """Return the labels and texts of a file.

    Args:
        half: "open", "sealed", or "learnt": what the rules were widened by, which is no measure.
        language: its code.

    Raises:
        SystemExit: a sealed file is not the one that was sealed.
    """
    path = FOLDER / f"{half}-{language}.tsv"
    if half == "sealed":
        sealed = (FOLDER / "SEALED").read_text(encoding="utf-8").split()
        if f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}" not in map(
            " ".join, zip(sealed[::2], sealed[1::2], strict=True)
        ):
            raise SystemExit(f"{path.name} is not the file that was sealed.")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def matrix(pairs: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count (label, what the rules said)."""
    from crisis.checkins.intent import read

    return Counter((label, str(read(text).intent)) for label, text in pairs)


def figures(counted: Counter[tuple[str, str]]) -> tuple[float, float, float]:
    """Return the recall of calls for help, the share of them taken for safe, and the share of plain "safe" sent to a person."""
    need = sum(number for (label, _), number in counted.items() if label == "need_help")
    safe = sum(number for (label, _), number in counted.items() if label == "safe")
    return (
        counted["need_help", "need_help"] / need,
        counted["need_help", "safe"] / need,
        1 - counted["safe", "safe"] / safe,
    )


def main() -> int:
    """Print what was learnt and both halves; 1 if a language is below the gate on the sealed one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    below = []
    for half in ("learnt", "open", "sealed"):
        for language in LANGUAGES:
            counted = matrix(messages(half, language))
            recall, mistaken, asked = figures(counted)
            out = sys.stdout.write
            out(f"\n{half}, {language}: calls for help understood {recall:.1%}, taken for safe {mistaken:.1%}; ")
            out(f"plain “safe” sent to a person {asked:.1%}\n")
            out(f"{'':>13}" + "".join(f"{each:>13}" for each in LABELS) + "   (read as)\n")
            for label in LABELS:
                out(f"{label:>13}" + "".join(f"{counted[label, each]:>13}" for each in LABELS) + "\n")
            if half == "sealed" and (recall < LEAST_RECALL or mistaken > MOST_MISTAKEN or asked > MOST_TO_A_PERSON):
                below.append(language)
    sys.stdout.write(f"\nBelow the gate: {', '.join(below) or 'none'}.\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
