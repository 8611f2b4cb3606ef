"""JSON laid out again: two spaces for each bracket, short ones on a line, and nothing else changed."""

from __future__ import annotations

import json

from store.errors import Problems
from store.json_document import Node
from store.settings_schema.fields import SCHEMA_FIELD
from store.strict_json import read_json

_WIDTH = 76
_INDENT = 2


def format_json(text: str, *, field: str = SCHEMA_FIELD) -> str:
    """Return a JSON text laid out again; the order of keys and the spelling of numbers and texts stay.

    An object or array that holds no other one, and fits on a line of 76 characters, stands on one line. Problems, under
    the label `field`, if the text is no JSON.
    """
    document = read_json(text, field=field)
    if document.root is None or document.problems:
        raise Problems(document.problems)
    return _laid_out(text, document.root, 0, 0) + "\n"


def _laid_out(text: str, node: Node, indent: int, used: int) -> str:
    """Return a value that begins at column `used` of its line, whose line begins at column `indent`."""
    inner: list[tuple[str, Node]] = [(f"{_name(text, each)}: ", each) for each in node.members.values()]
    inner += [("", each) for each in node.elements]
    opening, closing = ("{", "}") if isinstance(node.value, dict) else ("[", "]")
    if not isinstance(node.value, dict | list):
        return text[node.start : node.end]
    if not inner:
        return opening + closing
    if not any(each.members or each.elements for _, each in inner):
        line = opening + ", ".join(name + _laid_out(text, each, 0, 0) for name, each in inner) + closing
        if used + len(line) < _WIDTH:
            return line
    deeper = indent + _INDENT
    lines = [" " * deeper + name + _laid_out(text, each, deeper, deeper + len(name)) for name, each in inner]
    return f"{opening}\n" + ",\n".join(lines) + f"\n{' ' * indent}{closing}"


def _name(text: str, member: Node) -> str:
    start = member.name_start or 0
    _, length = json.JSONDecoder().raw_decode(text[start : member.start])
    return text[start : start + length]
