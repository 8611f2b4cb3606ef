"""`gatewatch connector`: payment gateway connectors."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import click

from store import connectors, shared_keys
from store.connectors import NOTHING_TO_SET, Connector, ConnectorForm
from store.gateway_watch import GatewayWatch, watch_of
from store.old_key_use import old_key_last_used_at
from store.settings_schema import parse_static
from store.shared_keys import GRACE_SECONDS
from store.store import View
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import facts, shown_moment, table
from tui.cli.sources import TEXT_FILE, TextSource, secret_from, secret_options

KEY_VARIABLE = "GATEWATCH_SHARED_KEY"


@click.group()
def connector() -> None:
    """Create, change and list payment gateway connectors."""


@connector.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the connectors."""
    view = run.store().view()
    listed = connectors.listed(view, acting())
    run.write([shapes.connector(view, each) for each in listed], lambda: _table(view, listed))


@connector.command()
@click.argument("connector_id", metavar="ID", type=int)
@click.option("--reveal-key", is_flag=True, help="Show the Secret Shared Key too; the action log notes who asked.")
@headless
def show(run: Invocation, connector_id: int, *, reveal_key: bool) -> None:
    """Show one connector, with its JSON Schema; of Static JSON only the names."""
    opened = run.store()
    if not reveal_key:
        view = opened.view()
        _write(run, view, connectors.get(view, acting(), connector_id))
        return
    with opened.transaction() as tx:
        key = shared_keys.reveal_key(tx, acting(), connector_id)
        found = connectors.get(tx, acting(), connector_id)
        shape = shapes.connector_whole(tx, found) | {"secret_shared_key": key}
        text = f"{_whole(tx, found)}\nSecret Shared Key: {key}"
    run.write(shape, lambda: text)


@connector.command()
@click.option("--name", required=True)
@click.option("--url", required=True, help="Connector URL: https, or http to this machine.")
@click.option("--period", default="", metavar="MINUTES", help="Period for payment processing; without it no deadline.")
@click.option("--schema", type=TEXT_FILE, help="JSON Schema [else there is nothing to set].")
@click.option("--static", type=TEXT_FILE, help="Static JSON.")
@secret_options("key", KEY_VARIABLE)
@headless
def create(
    run: Invocation,
    *,
    name: str,
    url: str,
    period: str,
    schema: TextSource | None,
    static: TextSource | None,
    key_stdin: TextSource | None,
    key_file: TextSource | None,
) -> None:
    """Create a connector; the Secret Shared Key is made by itself unless one is given."""
    form = ConnectorForm(
        name=name,
        url=url,
        period_minutes=period,
        schema_text=NOTHING_TO_SET if schema is None else schema.read(),
        static_text="" if static is None else static.read(),
        shared_key=secret_from(key_stdin, key_file, word="key", environment=os.environ.get(KEY_VARIABLE)) or "",
    )
    opened = run.store()
    with opened.transaction() as tx:
        made = connectors.create(tx, acting(), form)
    _write(run, opened.view(), made)


@connector.command()
@click.argument("connector_id", metavar="ID", type=int)
@click.option("--name")
@click.option("--url", help="Connector URL.")
@click.option("--period", metavar="MINUTES", help="Period for payment processing, for attempts started from now on.")
@click.option("--no-period", is_flag=True, help="No period: no deadline and no countdown.")
@click.option("--schema", type=TEXT_FILE, help="JSON Schema; it cannot change while Instances is more than 0.")
@click.option("--static", type=TEXT_FILE, help="Static JSON, whole; an empty text takes it away.")
@click.option("--if-version", type=int, metavar="N", help="Refuse if the connector has another version by now.")
@headless
def update(
    run: Invocation,
    connector_id: int,
    *,
    name: str | None,
    url: str | None,
    period: str | None,
    no_period: bool,
    schema: TextSource | None,
    static: TextSource | None,
    if_version: int | None,
) -> None:
    """Change a connector; what is not named stays. For the Secret Shared Key there is rotate-key."""
    if period is not None and no_period:
        raise click.UsageError("--period and --no-period contradict each other.")
    typed = {
        "name": name,
        "url": url,
        "period_minutes": "" if no_period else period,
        "schema_text": None if schema is None else schema.read(),
        "static_text": None if static is None else static.read(),
    }
    changes = {field: value for field, value in typed.items() if value is not None}
    if not changes:
        raise click.UsageError("Nothing is to be changed; name at least one option.")
    opened = run.store()
    with opened.transaction() as tx:
        found = connectors.get(tx, acting(), connector_id)
        version = found.version if if_version is None else if_version
        changed = connectors.update(tx, acting(), connector_id, replace(_as_typed(found), **changes), version=version)
    _write(run, opened.view(), changed)


@connector.command()
@click.argument("connector_id", metavar="ID", type=int)
@headless
def delete(run: Invocation, connector_id: int) -> None:
    """Delete a connector that no payment method is based on; answers to its attempts still count."""
    with run.store().transaction() as tx:
        deleted = connectors.delete(tx, acting(), connector_id)
        shape = shapes.connector(tx, deleted)
    run.write(shape, lambda: f"Connector {connector_id} is deleted.")


@connector.command("rotate-key")
@click.argument("connector_id", metavar="ID", type=int)
@click.option(
    "--grace-seconds",
    type=int,
    help=f"How long the old key still matches and signs requests; 0: not at all.  [default: {GRACE_SECONDS}]",
)
@click.option("--use-now", is_flag=True, help="Rotate nothing; sign requests with the new key before that time ends.")
@click.option(
    "--retire-old", is_flag=True, help="Rotate nothing; end that time: answers signed with the old key are refused."
)
@click.option("--if-version", type=int, metavar="N", help="Refuse if the connector has another version by now.")
@secret_options("key", KEY_VARIABLE)
@headless
def rotate_key(
    run: Invocation,
    connector_id: int,
    *,
    grace_seconds: int | None,
    use_now: bool,
    retire_old: bool,
    if_version: int | None,
    key_stdin: TextSource | None,
    key_file: TextSource | None,
) -> None:
    """Give a connector a new Secret Shared Key, made by itself unless one is given; or end the time of the old one.

    `connector show` tells when the old key was last used.
    """
    of_a_new_key = (grace_seconds, key_stdin, key_file)
    if use_now + retire_old + any(each is not None for each in of_a_new_key) > 1:
        raise click.UsageError("--use-now, --retire-old and the options of a new key contradict each other.")
    act: Callable[..., Connector]
    if use_now:
        act = shared_keys.use_new_key
    elif retire_old:
        act = shared_keys.retire_old_key
    else:
        key = secret_from(key_stdin, key_file, word="key", environment=os.environ.get(KEY_VARIABLE)) or ""
        grace = GRACE_SECONDS if grace_seconds is None else grace_seconds
        act = partial(shared_keys.rotate_key, new_key=key, grace_seconds=grace)
    opened = run.store()
    with opened.transaction() as tx:
        changed = act(tx, acting(), connector_id, version=if_version)
    _write(run, opened.view(), changed)


def _as_typed(of: Connector) -> ConnectorForm:
    """Return a connector as its form would be filled in."""
    return ConnectorForm(
        name=of.name,
        url=of.url,
        period_minutes="" if of.period_minutes is None else f"{of.period_minutes:f}",
        schema_text=of.schema_text,
        static_text=of.static_text,
    )


def _write(run: Invocation, view: View, of: Connector) -> None:
    run.write(shapes.connector_whole(view, of), lambda: _whole(view, of))


def _table(view: View, listed: list[Connector]) -> str:
    return table(
        (("ID", "right"), ("Name", "left"), ("Connector URL", "left"), ("Period", "right"), ("Instances", "right")),
        ((each.id, each.name, each.url, _period(each), connectors.instances_of(view, each.id)) for each in listed),
        none="There is no payment gateway connector.",
    )


def _whole(view: View, of: Connector) -> str:
    fields = [f"{each.label} ({each.key})" for each in of.schema.fields]
    return facts(
        [
            ("ID", of.id),
            ("Name", of.name),
            ("Connector URL", of.url),
            ("Secret Shared Key", "kept; --reveal-key shows it"),
            *_old_key(view, of),
            ("Period for payment processing", _period(of)),
            ("Settings", ", ".join(fields) or "nothing to set"),
            ("Static JSON", ", ".join(parse_static(of.static_text, of.schema)) or "none"),
            ("Instances", connectors.instances_of(view, of.id)),
            ("Version", of.version),
            ("Created at", of.created_at),
            *_gateway(watch_of(view, of.id)),
        ]
    )


def _gateway(watch: GatewayWatch) -> list[tuple[str, object]]:
    """Return what is out of order between us and a gateway."""
    rows: list[tuple[str, object]] = []
    if watch.failing_since is not None:
        rows.append(("Gateway failing since", f"{shown_moment(watch.failing_since)} UTC: {watch.failure}"))
        rows.append(("Next try", watch.next_try_at or "with each attempt"))
    if watch.refused:
        rows.append(("Refused messages", f"{watch.refused}; gatewatch answer refused shows the last ones"))
    if watch.skews:
        off = f"{round(watch.last_skew_seconds)} s off in its last such answer"
        rows.append(("Gateway's clock", f"over 5 minutes off {watch.skews} times; {off}"))
    return rows


def _old_key(view: View, of: Connector) -> list[tuple[str, object]]:
    until = of.old_key_until(view.now)
    if until is None:
        return []
    used_at = old_key_last_used_at(view, of)
    return [
        ("Old key matches until", f"{shown_moment(until)} UTC"),
        ("Old key last used", f"{shown_moment(used_at)} UTC" if used_at else "not since the rotation"),
        ("Requests are signed with", "the old key" if of.old_key_signs(view.now) else "the new key"),
    ]


def _period(of: Connector) -> str:
    return "none" if of.period_minutes is None else f"{of.period_minutes:f} min"
