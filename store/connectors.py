"""Payment gateway connectors: made and kept by managers of the root reseller only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from tinydb import where

from store.actors import Actor
from store.connector_url import check_connector_url
from store.errors import NotFound, ProblemItem, Problems, Refused, StaleEdit
from store.payment_method import PaymentMethod
from store.records import Record

if TYPE_CHECKING:
    from store.settings_schema import SettingsSchema
    from store.store import Transaction, View

SHORTEST_PERIOD_MINUTES = Decimal("0.1")
LONGEST_PERIOD_MINUTES = Decimal(525_600)
LONGEST_NAME = 100
SHORTEST_KEY = 16
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
NOTHING_TO_SET = "[]"
"""The JSON Schema of a connector whose methods have nothing to set."""


class Connector(Record, frozen=True, kw_only=True):
    """One payment gateway connector.

    `period_seconds` None: no period, so no deadline and no countdown. `schema_text` and `static_text` are kept as
    typed. The key was rotated at `key_rotated_at`; the one before, `previous_key`, matches until `previous_key_until`
    and signs requests until then, unless `new_key_signs`. A deleted connector starts no attempts, but its answers go
    on.
    """

    TABLE: ClassVar[str] = "connectors"
    WORD: ClassVar[str] = "connector"
    SECRETS: ClassVar[tuple[str, ...]] = ("shared_key", "previous_key", "static_text")

    name: str
    url: str
    shared_key: str
    period_seconds: Decimal | None
    schema_text: str
    static_text: str
    created_at: datetime
    previous_key: str = ""
    previous_key_until: datetime | None = None
    key_rotated_at: datetime | None = None
    new_key_signs: bool = False
    deleted_at: datetime | None = None

    def __repr__(self) -> str:
        """Return the connector without its secrets."""
        return f"Connector(id={self.id}, name={self.name!r}, url={self.url!r})"

    @property
    def period(self) -> timedelta | None:
        """The period for payment processing, None where there is none."""
        if self.period_seconds is None:
            return None
        return timedelta(microseconds=int(self.period_seconds * 1_000_000))

    @property
    def period_minutes(self) -> Decimal | None:
        """The period as it is typed: minutes, decimals allowed."""
        return None if self.period_seconds is None else _plain(self.period_seconds / 60)

    @property
    def schema(self) -> SettingsSchema:
        """What a payment method of this connector must supply."""
        from store.settings_schema import parse_schema  # noqa: PLC0415 - a store is opened, and shown, without it

        return parse_schema(self.schema_text)

    def keys_at(self, now: datetime) -> tuple[str, ...]:
        """Return the keys that an answer may be signed with at this moment, the current one first."""
        return (self.shared_key,) if self.old_key_until(now) is None else (self.shared_key, self.previous_key)

    def old_key_until(self, now: datetime) -> datetime | None:
        """Return until when the old key matches, None if there is none that matches at this moment."""
        until = self.previous_key_until
        return until if self.previous_key and until is not None and now < until else None

    def old_key_signs(self, now: datetime) -> bool:
        """Say whether requests are signed with the old key at this moment."""
        return self.old_key_until(now) is not None and not self.new_key_signs


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorForm:
    """The New Payment Gateway Connector form as it was typed; an empty `shared_key` is made by itself."""

    name: str
    url: str
    period_minutes: str = ""
    schema_text: str = ""
    static_text: str = ""
    shared_key: str = ""

    def __repr__(self) -> str:
        """Return the form without what may be secret."""
        return f"ConnectorForm(name={self.name!r}, url={self.url!r})"


def check(form: ConnectorForm) -> tuple[ProblemItem, ...]:
    """Return every problem of a form, in the order of its fields."""
    from store.settings_schema import check_schema, check_static  # noqa: PLC0415 - as above

    problems: list[ProblemItem] = []
    if not form.name.strip():
        problems.append(ProblemItem("Name", "is empty; write a name that operators know the gateway by."))
    elif len(form.name.strip()) > LONGEST_NAME:
        problems.append(ProblemItem("Name", f"is longer than {LONGEST_NAME} characters; shorten it."))
    problems.extend(ProblemItem("Connector URL", each) for each in check_connector_url(form.url.strip()))
    problems.extend(key_problems(form.shared_key))
    try:
        _period_seconds(form.period_minutes)
    except ValueError as error:
        problems.append(ProblemItem("Period for payment processing", str(error)))
    schema, schema_problems = check_schema(form.schema_text)
    problems.extend(schema_problems)
    problems.extend(check_static(form.static_text, schema)[1])
    return tuple(problems)


def create(tx: Transaction, by: Actor, form: ConnectorForm) -> Connector:
    """Create a connector; its Secret Shared Key is made by itself if the form has none.

    Raises Problems with all problem items, NotPermitted.
    """
    need_rights(by)
    _refuse_problems(form)
    made = tx.put(
        Connector(
            id=tx.next_id(Connector),
            name=form.name.strip(),
            url=form.url.strip(),
            shared_key=form.shared_key or tx.ids.shared_key(),
            period_seconds=_period_seconds(form.period_minutes),
            schema_text=form.schema_text,
            static_text=form.static_text,
            created_at=tx.now,
        )
    )
    tx.log(by, "connector created", f"connector {made.id}", made.name)
    return made


def update(tx: Transaction, by: Actor, connector_id: int, form: ConnectorForm, *, version: int) -> Connector:
    """Change a connector that was read at `version`; the Secret Shared Key is rotated only (`store.shared_keys`).

    Raises Problems, Refused (the JSON Schema changed while Instances > 0), StaleEdit, NotPermitted, NotFound.
    """
    need_rights(by)
    current = get(tx, by, connector_id)
    if current.version != version:
        raise StaleEdit(
            Connector.WORD, connector_id, seen=version, current=current.version, changed_by=tx.last_change_by(current)
        )
    _refuse_problems(form)
    if form.shared_key:
        raise Refused("The Secret Shared Key is not edited; rotate it, so that the old one matches for a grace time.")
    instances = instances_of(tx, connector_id)
    if instances and form.schema_text != current.schema_text:
        raise Refused(
            f"The JSON Schema cannot change while Instances is {instances}: "
            "payment methods hold settings made for it. Delete them first, or create another connector."
        )
    changed = tx.put(
        replace(
            current,
            name=form.name.strip(),
            url=form.url.strip(),
            period_seconds=_period_seconds(form.period_minutes),
            schema_text=form.schema_text,
            static_text=form.static_text,
        )
    )
    tx.log(by, "connector changed", f"connector {connector_id}", changed.name)
    return changed


def delete(tx: Transaction, by: Actor, connector_id: int) -> Connector:
    """Hide a connector: no new attempts, but its keys, answers and status requests go on.

    Raises Refused, naming the methods, while Instances > 0; NotPermitted, NotFound.
    """
    need_rights(by)
    current = get(tx, by, connector_id)
    methods = methods_of(tx, connector_id)
    if methods:
        names = ", ".join(f"{each.name} (ID {each.id})" for each in methods)
        raise Refused(f"The connector has Instances {len(methods)}: {names}. Delete these payment methods first.")
    deleted = tx.put(replace(current, deleted_at=tx.now))
    tx.log(by, "connector deleted", f"connector {connector_id}", current.name)
    return deleted


def reveal_static(tx: Transaction, by: Actor, connector_id: int) -> str:
    """Return the Static JSON and log who asked for it. Raises NotPermitted, NotFound."""
    need_rights(by)
    current = get(tx, by, connector_id)
    tx.log(by, "static json revealed", f"connector {connector_id}", current.name)
    return current.static_text


def get(view: View, by: Actor, connector_id: int) -> Connector:
    """Return a connector that is not deleted. Raises NotFound, NotPermitted outside the root reseller."""
    by.need_root("Payment Gateway Connectors")
    return usable(view, connector_id)


def usable(view: View, connector_id: int) -> Connector:
    """Return a connector that is not deleted, for whoever bases a method on it. Raises NotFound."""
    found = view.find(Connector, connector_id)
    if found is None or found.deleted_at is not None:
        raise NotFound(Connector.WORD, connector_id)
    return found


def listed(view: View, by: Actor) -> list[Connector]:
    """Return the connectors that are not deleted, by id. Raises NotPermitted outside the root reseller."""
    by.need_root("Payment Gateway Connectors")
    return [each for each in view.all(Connector) if each.deleted_at is None]


def methods_of(view: View, connector_id: int) -> list[PaymentMethod]:
    """Return the payment methods, on all reseller levels, that are based on a connector."""
    found = view.search(PaymentMethod, where("connector_id") == connector_id)
    return [each for each in found if each.deleted_at is None]


def instances_of(view: View, connector_id: int) -> int:
    """Return Instances: how many payment methods, on all reseller levels, are based on a connector."""
    return len(methods_of(view, connector_id))


def need_rights(by: Actor) -> None:
    """Raise NotPermitted unless the actor may change connectors."""
    by.need_root("Payment Gateway Connectors")
    by.need_full_control()


def _refuse_problems(form: ConnectorForm) -> None:
    problems = check(form)
    if problems:
        raise Problems(problems)


def key_problems(key: str) -> list[ProblemItem]:
    """Return what is wrong with a Secret Shared Key that was typed; an empty one is made by itself."""
    if key and len(key) < SHORTEST_KEY:
        short = f"is shorter than {SHORTEST_KEY} characters; leave it empty to have one made."
        return [ProblemItem("Secret Shared Key", short)]
    if key != key.strip() or not key.isprintable():
        return [ProblemItem("Secret Shared Key", "starts or ends with a space or holds a control character.")]
    return []


def _period_seconds(minutes: str) -> Decimal | None:
    typed = minutes.strip()
    if not typed:
        return None
    limits = f"from {SHORTEST_PERIOD_MINUTES} to {LONGEST_PERIOD_MINUTES:,}"
    wanted = f"write minutes {limits}, 15 or 0.5 for example, or leave it empty"
    if not _NUMBER.fullmatch(typed):
        raise ValueError(f"{typed!r} is not a number; {wanted}.")
    value = Decimal(typed)
    if not SHORTEST_PERIOD_MINUTES <= value <= LONGEST_PERIOD_MINUTES:
        raise ValueError(f"{typed} is out of range; {wanted}.")
    return _plain((value * 60).quantize(Decimal("0.000001")))


def _plain(number: Decimal) -> Decimal:
    """Return the number without trailing zeros and without an exponent: 10, not 1E+1."""
    return Decimal(f"{number.normalize():f}")
