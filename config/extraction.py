"""Finding what is to be translated where Babel cannot read it by itself; babel.cfg names these."""

import ast
import tomllib
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

Found = Iterator[tuple[Any, ...]]  # as Babel takes it: the line, the function that is called, its texts, comments
_SAID = frozenset({"sentence", "unit"})  # what of the platforms staff read


def templates(file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], **_options: Any) -> Found:
    """Find the texts of a Django template: Django writes them as calls, of which the lines are read as Python."""
    for number, line in enumerate(templatize(file.read().decode()).splitlines(), 1):
        for call in extract_python(BytesIO(line.strip().encode()), keywords, comment_tags, {"encoding": "utf-8"}):
            yield number, *call[1:]


def platforms(file: IO[bytes], *_: Any, **_options: Any) -> Found:
    """Find what is said of a platform, in a room that knows no Django: `sentence = "..."` and `unit="..."`."""
    for node in ast.walk(ast.parse(file.read())):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))) if name in _SAID:
                yield node.lineno, "gettext", text, []
            case ast.keyword(arg=str(name), value=ast.Constant(value=str(text))) if name in _SAID:
                yield node.value.lineno, "gettext", text, []


def answers(file: IO[bytes], *_: Any, **_options: Any) -> Found:
    """Find what staff call each ready answer: its `label`."""
    for number, told in enumerate(tomllib.load(file).values(), 1):
        yield number, "gettext", told["label"], []
