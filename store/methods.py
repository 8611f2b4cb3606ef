"""Payment methods: a connector made ready for customers, with the settings that its JSON Schema asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from store.actors import Actor
from store.connectors import Connector
from store.errors import NotFound, ProblemItem, Problems, Refused, StaleEdit
from store.payment_method import PaymentMethod
from store.resellers import level_and_above, level_and_below, need_in_reach
from store.settings_schema import check_settings, parse_static

if TYPE_CHECKING:
    from store.store import Transaction, View


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodForm:
    """The payment method form as it was filled in."""

    name: str
    connector_id: int | None
    enabled: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""

    def __repr__(self) -> str:
        """Return the form without its settings, which may be secret."""
        return f"MethodForm(name={self.name!r}, connector_id={self.connector_id})"


def check(view: View, form: MethodForm) -> tuple[ProblemItem, ...]:
    """Return every problem of a form, those of the Connector settings included."""
    problems: list[ProblemItem] = []
    if not form.name.strip():
        problems.append(ProblemItem("Name", "is empty; write the name that customers choose the method by."))
    connector = _connector(view, form.connector_id)
    if connector is None:
        problems.append(ProblemItem("Connector", "is not chosen or is deleted; choose one of the list."))
    else:
        schema = connector.schema
        static = parse_static(connector.static_text, schema)
        problems.extend(check_settings(schema, form.settings, static=static))
    return tuple(problems)


def create(tx: Transaction, by: Actor, form: MethodForm) -> PaymentMethod:
    """Create a payment method at the actor's reseller. Raises Problems with all problem items, NotPermitted."""
    by.need_full_control()
    connector = _checked(tx, form)
    made = tx.put(
        PaymentMethod(
            id=tx.next_id(PaymentMethod),
            name=form.name.strip(),
            enabled=form.enabled,
            connector_id=connector.id,
            settings=dict(form.settings),
            description=form.description,
            reseller_id=by.reseller_id,
            created_at=tx.now,
        )
    )
    tx.log(by, "payment method created", f"payment method {made.id}", made.name)
    return made


def update(tx: Transaction, by: Actor, method_id: int, form: MethodForm, *, version: int) -> PaymentMethod:
    """Change a payment method that was read at `version`; its connector stays.

    Raises Problems, Refused (another connector), StaleEdit, NotPermitted, NotFound.
    """
    by.need_full_control()
    current = get(tx, by, method_id)
    if current.version != version:
        raise StaleEdit(
            PaymentMethod.WORD, method_id, seen=version, current=current.version, changed_by=tx.last_change_by(current)
        )
    if form.connector_id != current.connector_id:
        raise Refused("A payment method keeps its connector; create another payment method for another connector.")
    _checked(tx, form)
    changed = tx.put(
        replace(
            current,
            name=form.name.strip(),
            enabled=form.enabled,
            settings=dict(form.settings),
            description=form.description,
        )
    )
    tx.log(by, "payment method changed", f"payment method {method_id}", changed.name)
    return changed


def delete(tx: Transaction, by: Actor, method_id: int) -> PaymentMethod:
    """Hide a payment method: no new attempts; those under way go on. Raises NotPermitted, NotFound."""
    by.need_full_control()
    current = get(tx, by, method_id)
    deleted = tx.put(replace(current, deleted_at=tx.now))
    tx.log(by, "payment method deleted", f"payment method {method_id}", current.name)
    return deleted


def reveal_setting(tx: Transaction, by: Actor, method_id: int, key: str) -> object | None:
    """Return one setting, None if it has no value, and log who asked for it. Raises NotPermitted, NotFound."""
    by.need_full_control()
    current = get(tx, by, method_id)
    tx.log(by, "setting revealed", f"payment method {method_id}", key)
    return current.settings.get(key)


def get(view: View, by: Actor, method_id: int) -> PaymentMethod:
    """Return a payment method that is not deleted and that the actor may see. Raises NotFound."""
    found = view.find(PaymentMethod, method_id)
    if found is None or found.deleted_at is not None:
        raise NotFound(PaymentMethod.WORD, method_id)
    need_in_reach(view, by, found.reseller_id, PaymentMethod.WORD, method_id)
    return found


def visible_to(view: View, by: Actor) -> list[PaymentMethod]:
    """Return the payment methods of the actor's reseller and of those below, by id, without the deleted ones."""
    levels = level_and_below(view, by.reseller_id)
    return [each for each in view.all(PaymentMethod) if each.deleted_at is None and each.reseller_id in levels]


def offered_to(view: View, reseller_id: int) -> list[PaymentMethod]:
    """Return the methods that can pay for an account of a reseller: its own and those of the levels above, Enabled."""
    levels = level_and_above(view, reseller_id)
    return [each for each in view.all(PaymentMethod) if each.reseller_id in levels and can_start(view, each)]


def connectors_to_choose(view: View) -> list[Connector]:
    """Return the connectors that a new payment method can be based on, by id; a manager of any reseller chooses."""
    return [each for each in view.all(Connector) if each.deleted_at is None]


def can_start(view: View, method: PaymentMethod) -> bool:
    """Say whether new attempts may be started: Enabled, and neither it nor its connector is deleted."""
    return method.enabled and method.deleted_at is None and _connector(view, method.connector_id) is not None


def _checked(view: View, form: MethodForm) -> Connector:
    problems = check(view, form)
    connector = _connector(view, form.connector_id)
    if problems or connector is None:
        raise Problems(problems)
    return connector


def _connector(view: View, connector_id: int | None) -> Connector | None:
    found = None if connector_id is None else view.find(Connector, connector_id)
    return found if found is not None and found.deleted_at is None else None
