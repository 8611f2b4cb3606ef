"""The pages of the panel: what they are called, where they stand in the navigation bar, and who may open them.

A page's module is imported when the page is opened, so that the panel starts quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from store.actors import Actor

if TYPE_CHECKING:
    from tui.screens.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One line of the navigation bar; `number` is its key. `root_only`: managers of other resellers do not see it."""

    key: str
    label: str
    group: str
    number: int
    module: str
    screen: str
    root_only: bool = False

    def open_to(self, actor: Actor) -> bool:
        """Say whether this person may open the page."""
        return actor.at_root or not self.root_only


PAGES: tuple[PageEntry, ...] = (
    PageEntry(
        key="accounts",
        label="Accounts",
        group="Operations",
        number=1,
        module="tui.screens.accounts",
        screen="AccountsPage",
    ),
    PageEntry(
        key="resellers",
        label="Resellers",
        group="Operations",
        number=2,
        module="tui.screens.resellers",
        screen="ResellersPage",
    ),
    PageEntry(
        key="payments",
        label="Payments",
        group="Finance",
        number=3,
        module="tui.screens.payments",
        screen="PaymentsPage",
    ),
    PageEntry(
        key="inbox",
        label="Inbox",
        group="Finance",
        number=4,
        module="tui.screens.inbox",
        screen="InboxPage",
    ),
    PageEntry(
        key="methods",
        label="Payment Methods",
        group="Billing",
        number=5,
        module="tui.screens.methods",
        screen="MethodsPage",
    ),
    PageEntry(
        key="connectors",
        label="Payment Gateway Connectors",
        group="Configuration",
        number=6,
        module="tui.screens.connectors",
        screen="ConnectorsPage",
        root_only=True,
    ),
    PageEntry(
        key="managers",
        label="Managers",
        group="Configuration",
        number=7,
        module="tui.screens.managers",
        screen="ManagersPage",
    ),
    PageEntry(
        key="action_log",
        label="Action Log",
        group="System",
        number=8,
        module="tui.screens.action_log",
        screen="ActionLogPage",
    ),
)
FIRST_PAGE = "payments"
"""The page that a manager meets after signing in: the live monitor."""


def pages_for(actor: Actor) -> tuple[PageEntry, ...]:
    """Return the pages that this person may open, in the order of the navigation bar."""
    return tuple(each for each in PAGES if each.open_to(actor))


def find(key: str, actor: Actor) -> PageEntry | None:
    """Return the page of this key, None if there is none or this person may not open it."""
    return next((each for each in pages_for(actor) if each.key == key), None)


def numbered(number: int, actor: Actor) -> PageEntry | None:
    """Return the page of this number, None if there is none or this person may not open it."""
    return next((each for each in pages_for(actor) if each.number == number), None)


def make(entry: PageEntry) -> Page:
    """Import a page's module and make its screen."""
    kind = getattr(import_module(entry.module), entry.screen)
    return cast("Page", kind())
