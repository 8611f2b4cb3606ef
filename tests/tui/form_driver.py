"""How tests fill forms in and read what stands beside the fields."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.tui.conftest import settle
from tui.app import GatewatchApp
from tui.screens.form_checks import CHECK_AFTER_SECONDS
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.json_area import JsonArea


async def checked(pilot: Pilot[Any]) -> None:
    """Wait until what is typed has been checked."""
    await pilot.pause(CHECK_AFTER_SECONDS * 1.5)
    await settle(pilot)


def form(app: GatewatchApp) -> FormPage:
    """Return the form on the screen."""
    assert isinstance(app.screen, FormPage)
    return app.screen


def fill(app: GatewatchApp, **fields: str) -> None:
    """Type into the form: name, url, period, schema, static."""
    for name, text in fields.items():
        field = app.screen.query_one(f"#{name}")
        if isinstance(field, JsonArea):
            field.area.text = text
        else:
            assert isinstance(field, Input)
            field.value = text


def problems_of(app: GatewatchApp) -> list[str]:
    """Return the fields that show problems, each as often as it shows one."""
    return [each.called for each in app.screen.query(FormField) for _ in each.problem_places]


def said_beside(app: GatewatchApp, name: str) -> str:
    """Return what is said to be wrong beside a field, empty if nothing is."""
    said = form(app).field(name).query_one(".field-problem", Static)
    return str(said.render()) if said.display else ""


def shown(app: GatewatchApp) -> str:
    """Return all texts that are drawn, whatever styles part them."""
    compositor = app.screen._compositor
    return "\n".join("".join(segment.text for segment in line) for line in compositor.render_strips())
