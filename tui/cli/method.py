"""`gatewatch method`: payment methods."""

from __future__ import annotations

import click

from store import connectors, methods
from store.connectors import Connector
from store.errors import NotFound, ProblemItem, Problems
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.settings_schema import SETTINGS_FIELD, parse_static, read_settings
from store.store import View
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import facts, table
from tui.cli.sources import TEXT_FILE, TextSource


@click.group()
def method() -> None:
    """Create, change and list payment methods."""


@method.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the payment methods of all reseller levels."""
    view = run.store().view()
    listed = methods.visible_to(view, acting())
    run.write([shapes.method(view, each) for each in listed], lambda: _table(view, listed))


@method.command()
@click.argument("method_id", metavar="ID", type=int)
@headless
def show(run: Invocation, method_id: int) -> None:
    """Show one payment method; of settings that are secrets only the names."""
    view = run.store().view()
    _write(run, view, methods.get(view, acting(), method_id))


@method.command()
@click.option("--name", required=True)
@click.option("--connector", "connector_id", required=True, type=int, metavar="ID")
@click.option("--settings", type=TEXT_FILE, help="Connector settings, a JSON object of keys and values.")
@click.option("--description", default="")
@click.option("--enabled/--disabled", default=True, show_default=True, help="Whether attempts can be started.")
@headless
def create(
    run: Invocation, *, name: str, connector_id: int, settings: TextSource | None, description: str, enabled: bool
) -> None:
    """Create a payment method at the root reseller, so that all levels can use it."""
    text = "" if settings is None else settings.read()
    opened = run.store()
    with opened.transaction() as tx:
        values, unread = _read(tx, connector_id, text)
        form = MethodForm(
            name=name, connector_id=connector_id, enabled=enabled, settings=values, description=description
        )
        _refuse(tx, form, unread)
        made = methods.create(tx, acting(), form)
    _write(run, opened.view(), made)


@method.command()
@click.argument("method_id", metavar="ID", type=int)
@click.option("--name")
@click.option("--settings", type=TEXT_FILE, help="Connector settings, whole: they replace the ones before.")
@click.option("--description")
@click.option("--enabled/--disabled", default=None, help="Whether attempts can be started.")
@click.option("--if-version", type=int, metavar="N", help="Refuse if the method has another version by now.")
@headless
def update(
    run: Invocation,
    method_id: int,
    *,
    name: str | None,
    settings: TextSource | None,
    description: str | None,
    enabled: bool | None,
    if_version: int | None,
) -> None:
    """Change a payment method; what is not named stays. Its connector cannot change."""
    if name is None and settings is None and description is None and enabled is None:
        raise click.UsageError("Nothing is to be changed; name at least one option.")
    text = None if settings is None else settings.read()
    opened = run.store()
    with opened.transaction() as tx:
        found = methods.get(tx, acting(), method_id)
        values, unread = (found.settings, ()) if text is None else _read(tx, found.connector_id, text)
        form = MethodForm(
            name=found.name if name is None else name,
            connector_id=found.connector_id,
            enabled=found.enabled if enabled is None else enabled,
            settings=values,
            description=found.description if description is None else description,
        )
        _refuse(tx, form, unread)
        version = found.version if if_version is None else if_version
        changed = methods.update(tx, acting(), method_id, form, version=version)
    _write(run, opened.view(), changed)


@method.command()
@click.argument("method_id", metavar="ID", type=int)
@headless
def delete(run: Invocation, method_id: int) -> None:
    """Delete a payment method: no new attempts; those under way go on."""
    with run.store().transaction() as tx:
        deleted = methods.delete(tx, acting(), method_id)
        shape = shapes.method(tx, deleted)
    run.write(shape, lambda: f"Payment method {method_id} is deleted.")


def _read(view: View, connector_id: int, text: str) -> tuple[dict[str, object], tuple[ProblemItem, ...]]:
    """Return the settings that a text gives, or what is wrong with it, at its lines and columns."""
    try:
        based_on = connectors.usable(view, connector_id)
    except NotFound:
        return {}, ()  # the form says so, with everything else
    try:
        return read_settings(text, based_on.schema, static=parse_static(based_on.static_text, based_on.schema)), ()
    except Problems as error:
        return {}, error.items


def _refuse(view: View, form: MethodForm, unread: tuple[ProblemItem, ...]) -> None:
    """Raise Problems with everything that is wrong; of the settings, what was found in their text."""
    if unread:
        others = tuple(each for each in methods.check(view, form) if each.field != SETTINGS_FIELD)
        raise Problems((*others, *unread))


def _write(run: Invocation, view: View, of: PaymentMethod) -> None:
    run.write(shapes.method(view, of), lambda: _whole(view, of))


def _table(view: View, listed: list[PaymentMethod]) -> str:
    return table(
        (("ID", "right"), ("Name", "left"), ("Enabled", "left"), ("Connector", "left"), ("Reseller", "right")),
        (
            (each.id, each.name, each.enabled, view.get(Connector, each.connector_id).name, each.reseller_id)
            for each in listed
        ),
        none="There is no payment method.",
    )


def _whole(view: View, of: PaymentMethod) -> str:
    based_on = view.get(Connector, of.connector_id)
    masked = based_on.schema.masked_keys
    return facts(
        [
            ("ID", of.id),
            ("Name", of.name),
            ("Enabled", of.enabled),
            ("Connector", f"{based_on.name} (ID {based_on.id})"),
            *((f"Setting {key}", "(secret)" if key in masked else value) for key, value in of.settings.items()),
            ("Description", of.description),
            ("Reseller", of.reseller_id),
            ("Version", of.version),
            ("Created at", of.created_at),
        ]
    )
