"""HTML of strangers, before the library reads it: over a few kilobytes that end no tag its parser may take hours."""

import re

_DECLARED = re.compile(r"<[!?][^<>]*>")  # what mail programs say to one another; some of it breaks the parser
# An opening that no ">" ends before the next one is text. The parser of older Pythons looks for its end in all that follows,
# and at each further one again (CVE-2025-6069: 36 s for 30 kB). What is quoted may hold either sign. Nothing is tried twice.
_LEFT_OPEN = re.compile(r"""<(?=[!?])|<(?!(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)""")


def closed(html: str) -> str:
    """Return HTML in which every tag ends, without comments and declarations; to parse it takes as long as it is long."""
    return _LEFT_OPEN.sub("&lt;", _DECLARED.sub("", _without_comments(html)))


def _without_comments(html: str) -> str:
    kept, at = [], 0
    # One without an end is text, as is whatever stands in it.
    while (begin := html.find("<!--", at)) >= 0 and (end := html.find("-->", begin + 2)) >= 0:
        kept.append(html[at:begin])
        at = end + 3
    return "".join([*kept, html[at:]])
