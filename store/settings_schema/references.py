"""`$ref` in a settings schema: only to `#/$defs/NAME`, without circles, and counted before anything follows one.

Nothing here or elsewhere opens an address: what a `$ref` may mean stands in the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from store.json_document import join_pointer
from store.settings_schema.findings import Findings

MAX_EXPANSIONS = 1_000

# under these a member's name is the user's, and under those everything is a value and no schema
_NAMED_SCHEMAS = ("properties", "$defs", "patternProperties", "dependentSchemas", "definitions")
_VALUES = ("const", "enum", "default", "examples")

# where a `$ref` stands, and the name in $defs that it means
Edge = tuple[str, str]


def referenced_name(reference: object) -> str | None:
    """Return the name in `$defs` that a `$ref` means; None if it is not of the form `#/$defs/NAME`."""
    if not isinstance(reference, str) or not reference.startswith("#/$defs/"):
        return None
    name = unquote(reference.removeprefix("#/$defs/"))
    return None if "/" in name else name.replace("~1", "/").replace("~0", "~")


def check_references(findings: Findings, root: Mapping[str, Any]) -> bool:
    """Report every `$ref` that may not be followed; True if all may be."""
    written = root.get("$defs")
    definitions: Mapping[str, Any] = written if isinstance(written, dict) else {}
    sound = True
    outgoing: dict[str, list[Edge]] = {}
    edges_of_root: list[Edge] = []
    for pointer, reference, owner in _references(root):
        name = referenced_name(reference)
        if name is None:
            findings.add(pointer, 'A $ref goes to "#/$defs/NAME" in this text only; nothing is ever fetched.')
            sound = False
        elif name not in definitions:
            findings.add(pointer, f'There is no "{name}" in $defs of this text; add it there, or take the $ref out.')
            sound = False
        else:
            (edges_of_root if owner is None else outgoing.setdefault(owner, [])).append((pointer, name))
    circular = _circular(outgoing)
    for owner in sorted(circular):
        for pointer, name in outgoing[owner]:
            if name in circular:
                findings.add(pointer, "This $ref leads back to itself; a setting must come to an end. Take it out.")
    if circular:
        return False
    expansions = _expansions(edges_of_root, outgoing)
    if expansions > MAX_EXPANSIONS:
        count = f"{expansions:,}" if expansions < 10**9 else "more than 1,000,000,000"
        findings.add("/$defs", f"The $refs come to {count} expansions; at most {MAX_EXPANSIONS:,} are allowed.")
        return False
    return sound


def _references(root: Mapping[str, Any]) -> Iterator[tuple[str, object, str | None]]:
    """Yield the pointer and value of each `$ref`, with the name in `$defs` under which it stands, if any."""
    waiting: list[tuple[Any, str, str | None, bool]] = [(root, "", None, False)]
    while waiting:
        value, pointer, owner, named = waiting.pop()
        if isinstance(value, list):
            waiting.extend((each, join_pointer(pointer, number), owner, False) for number, each in enumerate(value))
        elif isinstance(value, dict):
            for name, member in value.items():
                place = join_pointer(pointer, name)
                if named:
                    waiting.append((member, place, name if pointer == "/$defs" else owner, False))
                elif name in ("$ref", "$dynamicRef"):
                    yield place, member if name == "$ref" else None, owner
                elif name not in _VALUES:
                    waiting.append((member, place, owner, name in _NAMED_SCHEMAS))


def _circular(outgoing: Mapping[str, list[Edge]]) -> set[str]:
    """Return the definitions that stand in a circle, or between two of them."""
    targets = {owner: {name for _, name in edges} for owner, edges in outgoing.items()}
    return _without_ends(_without_ends(targets, backwards=False), backwards=True).keys() & targets.keys()


def _without_ends(targets: dict[str, set[str]], *, backwards: bool) -> dict[str, set[str]]:
    """Take away, again and again, what leads to nothing that is left (backwards: what nothing left leads to)."""
    if backwards:
        turned: dict[str, set[str]] = {name: set() for name in targets}
        for owner, names in targets.items():
            for name in names & targets.keys():
                turned[name].add(owner)
        left = _without_ends(turned, backwards=False)
        return {name: targets[name] & left.keys() for name in left}
    incoming: dict[str, set[str]] = {}
    for owner, names in targets.items():
        for name in names:
            incoming.setdefault(name, set()).add(owner)
    count = {owner: len(names & targets.keys()) for owner, names in targets.items()}
    ended = [name for name, number in count.items() if number == 0]
    while ended:
        name = ended.pop()
        for owner in incoming.get(name, ()):
            count[owner] -= 1
            if count[owner] == 0:
                ended.append(owner)
    left_over = {owner for owner, number in count.items() if number > 0}
    return {owner: targets[owner] & left_over for owner in left_over}


def _expansions(edges: list[Edge], outgoing: Mapping[str, list[Edge]]) -> int:
    """Return how many `$ref` would be followed in all, by adding up and not by following them; without circles."""
    totals: dict[str, int] = {}
    waiting = [name for _, name in edges]
    while waiting:
        name = waiting[-1]
        below = [target for _, target in outgoing.get(name, ())]
        missing = [target for target in below if target not in totals]
        if missing:
            waiting.extend(missing)
            continue
        totals[name] = sum(1 + totals[target] for target in below)
        waiting.pop()
    return sum(1 + totals[name] for _, name in edges)
