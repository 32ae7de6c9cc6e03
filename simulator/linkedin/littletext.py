"""LinkedIn's "little text": what of a commentary is shown.

Written from learn.microsoft.com, "little Text Format": fifteen signs mean something, and stand for themselves behind a backslash.
"""

RESERVED = frozenset("\\|{}@[]()<>#*_~")


def shown(commentary: str) -> str:
    """Return what readers see: up to the first reserved sign that is not escaped, for there LinkedIn stops, and says nothing."""
    letters: list[str] = []
    signs = iter(commentary)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs, "")
            if escaped not in RESERVED:
                break
            letters.append(escaped)
        elif sign in RESERVED:
            break
        else:
            letters.append(sign)
    return "".join(letters)


def written(text: str) -> str:
    """Return a text as the API hands it out: escaped."""
    return "".join(f"\\{sign}" if sign in RESERVED else sign for sign in text)


def length(commentary: str) -> int:
    """Count a commentary as it was sent, in UTF-16 units: LinkedIn does not say in which, and no other gives more."""
    return len(commentary.encode("utf-16-le", "surrogatepass")) // 2
