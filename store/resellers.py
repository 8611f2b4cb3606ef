"""Resellers: the levels of the sales tree. The one without a parent is the root reseller."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from store.actors import Actor
from store.errors import NotFound, ProblemItem, Problems, StaleEdit
from store.records import Record

if TYPE_CHECKING:
    from store.store import Transaction, View


class Reseller(Record, frozen=True, kw_only=True):
    """One level of the sales tree; `parent_id` None: the root reseller."""

    TABLE: ClassVar[str] = "resellers"
    WORD: ClassVar[str] = "reseller"

    name: str
    parent_id: int | None


def level_and_below(view: View, reseller_id: int) -> frozenset[int]:
    """Return the ids of a reseller and of all below it."""
    children: dict[int | None, list[int]] = {}
    for each in view.all(Reseller):
        children.setdefault(each.parent_id, []).append(each.id)
    found: set[int] = set()
    waiting = [reseller_id]
    while waiting:
        current = waiting.pop()
        found.add(current)
        waiting.extend(each for each in children.get(current, []) if each not in found)
    return frozenset(found)


def level_and_above(view: View, reseller_id: int) -> tuple[int, ...]:
    """Return the ids from a reseller up to the root reseller."""
    path: list[int] = []
    current: int | None = reseller_id
    while current is not None and current not in path:
        path.append(current)
        current = view.get(Reseller, current).parent_id
    return tuple(path)


def need_in_reach(view: View, by: Actor, reseller_id: int, kind: str, identity: int) -> None:
    """Raise NotFound unless the reseller is the actor's own or below it.

    What is out of reach looks as if it were not there.
    """
    if not by.at_root and reseller_id not in level_and_below(view, by.reseller_id):
        raise NotFound(kind, identity)


def create(tx: Transaction, by: Actor, *, name: str, parent_id: int) -> Reseller:
    """Add a reseller below another one. Raises Problems for an empty name, NotFound for a parent out of reach."""
    by.need_full_control()
    need_in_reach(tx, by, parent_id, Reseller.WORD, parent_id)
    tx.get(Reseller, parent_id)
    _need_name(name)
    made = tx.put(Reseller(id=tx.next_id(Reseller), name=name.strip(), parent_id=parent_id))
    tx.log(by, "reseller created", f"reseller {made.id}", made.name)
    return made


def get(view: View, by: Actor, reseller_id: int) -> Reseller:
    """Return a reseller that the actor may see. Raises NotFound."""
    need_in_reach(view, by, reseller_id, Reseller.WORD, reseller_id)
    return view.get(Reseller, reseller_id)


def rename(tx: Transaction, by: Actor, reseller_id: int, *, version: int, name: str) -> Reseller:
    """Give a reseller another name. Raises Problems for an empty one, StaleEdit, NotFound, NotPermitted."""
    by.need_full_control()
    current = get(tx, by, reseller_id)
    if current.version != version:
        raise StaleEdit(
            Reseller.WORD, reseller_id, seen=version, current=current.version, changed_by=tx.last_change_by(current)
        )
    _need_name(name)
    tx.log(by, "reseller renamed", f"reseller {reseller_id}", f"{current.name} is {name.strip()} now")
    return tx.put(replace(current, name=name.strip()))


def _need_name(name: str) -> None:
    if not name.strip():
        raise Problems((ProblemItem("Name", "is empty; write the reseller's name."),))
