"""What the palette offers: the actions of the page on top, pages, what the panel itself does, and objects by name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import SystemCommand
from textual.command import Hit, Hits, Provider
from textual.screen import Screen

from tui import look, pages
from tui.finding import find
from tui.keys import keys_of
from tui.targets import ALERTS, PAGE
from tui.typed_times import NotATime

if TYPE_CHECKING:
    from tui.app import GatewatchApp

SCORE_OF_AN_OBJECT = 0.4
"""Below what the palette's own matching gives to a page or an action of this name."""


def commands_of(app: GatewatchApp, screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Yield what the page on top can do, the pages that the person may open, and what the panel itself can do."""
    yield from actions_of(screen)
    yield SystemCommand("Help", "The keys of this screen", app.action_help)
    actor = app.session.actor
    if actor is not None:
        for entry in pages.pages_for(actor):
            says = f"{entry.group}, key {entry.number}"
            yield SystemCommand(entry.label, says, partial(app.moving.open_page, entry.key))
        yield SystemCommand("Alerts", "What fires, and the rules that are watched", app.action_alerts)
        yield SystemCommand("Sign out", "Let somebody else sign in", app.presence.sign_out)
    yield SystemCommand("Quit", "Leave Gatewatch", app.action_quit)


def actions_of(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield what can be done on a screen now, each with its key."""
    for each in keys_of(screen):
        if each.node is not screen.app and each.enabled and each.binding_id and len(each.keys) < 3:
            run = partial(screen.app.run_action, each.action, each.node)
            yield SystemCommand(each.says, f"here, key {' '.join(each.keys)}", run)


class ObjectProvider(Provider):
    """Objects whose id or name is what was typed."""

    async def search(self, query: str) -> Hits:
        """Yield them; the store is read in a thread."""
        app = cast("GatewatchApp", self.app)
        if app.session.actor is None:
            return
        try:
            everything = await asyncio.to_thread(lambda: find(app.session.view(), app.session.by, query))
        except NotATime:
            return
        for found in everything:
            if found.target.kind not in (PAGE, ALERTS):
                says = f"{found.label}: {look.safe(found.says)}"
                yield Hit(SCORE_OF_AN_OBJECT, says, partial(app.moving.open_target, found.target), text=says)
