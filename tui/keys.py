"""Which keys work now, told from the bindings themselves: for help, for the palette, and for the settings file."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that keys do now: which keys, what it is, and whose it is.

    Not `enabled`: in sight, but not allowed now. `shown`: the footer has it, too.
    """

    keys: tuple[str, ...]
    says: str
    action: str
    node: DOMNode
    enabled: bool
    shown: bool
    binding_id: str = ""


def keys_of(screen: Screen[Any]) -> list[Key]:
    """Return all that keys do on a screen now, the nearest to the focus first; keys that do the same stand together."""
    together: dict[tuple[int, str], Key] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        written = screen.app.get_key_display(Binding(key, binding.action))
        says = binding.description or binding.action
        place = (id(active.node), says)
        known = together.get(place)
        if known is not None:
            together[place] = replace(known, keys=(*known.keys, written))
        else:
            together[place] = Key(
                (written,), says, binding.action, active.node, active.enabled, binding.show, binding.id or ""
            )
    return list(together.values())


def own_keys() -> dict[str, frozenset[str]]:
    """Return the keys that the panel gives to each binding by itself, by the binding's id.

    It imports every screen and widget, so it is not for the event loop.
    """
    from tui import app, screens, widgets  # noqa: PLC0415 - the panel itself reads this module

    found = _named(app.GatewatchApp.BINDINGS)
    for package in (screens, widgets):
        for each in pkgutil.iter_modules(package.__path__):
            module = import_module(f"{package.__name__}.{each.name}")
            for kind in vars(module).values():
                if isinstance(kind, type) and issubclass(kind, DOMNode):
                    found |= _named(kind.__dict__.get("BINDINGS", ()))
    return found


def problems_of(remapped: Mapping[str, str]) -> list[str]:
    """Return what is wrong with keys of the settings file: names that no binding has, keys that another one has.

    It imports like `own_keys`.
    """
    known = own_keys()
    told = [f"keys: there is no binding {each}{_perhaps(each, known)}" for each in remapped if each not in known]
    for name, written in remapped.items():
        for other in (each for each in known if each != name and each not in remapped and _are_together(each, name)):
            outcome = f"there it stays {other}'s" if _is_nearer(other, name) else f"{name} takes it"
            told += [f"keys: {key} is {other}'s; {outcome}." for key in written.split(",") if key in known[other]]
    return told


def _are_together(one: str, other: str) -> bool:
    """Say whether two bindings can work at the same time, as far as their names tell."""
    places = {one.partition(".")[0], other.partition(".")[0]}
    return len(places) == 1 or bool(places & {"app", "page"})


def _is_nearer(one: str, other: str) -> bool:
    """Say whether a binding stands nearer to the focus than another one, and so gets a key that both have."""
    places = ("app", "page")
    rank = {place: number for number, place in enumerate(places)}
    near = len(places)
    return rank.get(one.partition(".")[0], near) > rank.get(other.partition(".")[0], near)


def _perhaps(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; perhaps {near[0]} is meant." if near else "; help (?) shows each one's name."


def _named(bindings: Iterable[BindingType]) -> dict[str, frozenset[str]]:
    return {
        each.id: frozenset(each.key.split(","))
        for each in bindings
        if isinstance(each, Binding) and each.id is not None
    }
