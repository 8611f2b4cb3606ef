"""What can be opened by name: the pages of the navigation bar, and the objects whose details have a page of their own.

A target is a place to come back to: the panel remembers where it was as targets, and makes the pages anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from store.actors import Actor
from tui import pages

if TYPE_CHECKING:
    from tui.screens.page import Page

PAGE = "page"
MOMENT = "moment"
"""A time (`identity`, in ISO form) to be looked for among the payments."""
MONITOR = "payments"
ALERTS = "alerts"
"""The dialog of the alerts, which is opened by name and no place to come back to."""


@dataclass(frozen=True, slots=True)
class Target:
    """A page (`kind` PAGE, `identity` its key) or an object (`kind` its word, `identity` its id, `name` its label)."""

    kind: str
    identity: int | str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A kind of objects: its word, the page with the list of them, and the screen of one. `named`: it takes a name."""

    word: str
    list_page: str
    module: str
    screen: str
    named: bool = False


KINDS: Mapping[str, ObjectKind] = MappingProxyType(
    {
        each.word: each
        for each in (
            ObjectKind("payment", "payments", "tui.screens.payment_details", "PaymentDetails", named=True),
            ObjectKind("account", "accounts", "tui.screens.account_details", "AccountDetails"),
            ObjectKind("connector", "connectors", "tui.screens.connector_details", "ConnectorDetails"),
            ObjectKind("method", "methods", "tui.screens.method_details", "MethodDetails"),
            ObjectKind("reseller", "resellers", "tui.screens.reseller_details", "ResellerDetails"),
            ObjectKind("manager", "managers", "tui.screens.manager_details", "ManagerDetails"),
            ObjectKind("answer", "inbox", "tui.screens.answer_details", "AnswerDetails"),
        )
    }
)


def path_to(target: Target) -> tuple[Target, ...]:
    """Return the targets from a list down to this one."""
    if target.kind in (PAGE, MOMENT):
        return (target,)
    return (Target(PAGE, KINDS[target.kind].list_page), target)


def make(target: Target, actor: Actor) -> Page | None:
    """Import a target's module and make its page; None if this person may not open it."""
    if target.kind == PAGE:
        entry = pages.find(str(target.identity), actor)
        return None if entry is None else pages.make(entry)
    if target.kind == MOMENT:
        monitor = make(Target(PAGE, MONITOR), actor)
        return monitor if monitor is not None and monitor.goes_to(target) else None
    kind = KINDS[target.kind]
    if pages.find(kind.list_page, actor) is None:
        return None
    screen = getattr(import_module(kind.module), kind.screen)
    return cast("Page", screen(target.identity, target.name) if kind.named else screen(target.identity))
