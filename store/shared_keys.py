"""Secret Shared Keys: revealed, rotated with a grace time in which old and new both match, and the end of that time.

While the grace time runs requests are signed with the old key, until it ends, the new one is used now, or the old one
is retired. Two rotations at once are refused: a gateway could not know which key of three to use.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from store.actors import Actor
from store.connectors import Connector, get, key_problems, need_rights
from store.errors import ProblemItem, Problems, Refused, StaleEdit
from store.old_key_use import old_key_last_used_at

if TYPE_CHECKING:
    from store.store import Transaction

GRACE_SECONDS = 24 * 3600
"""How long an old key still matches after a rotation, unless said otherwise."""
LONGEST_GRACE_SECONDS = 366 * 24 * 3600


def reveal_key(tx: Transaction, by: Actor, connector_id: int) -> str:
    """Return the Secret Shared Key and log who asked for it. Raises NotPermitted, NotFound."""
    need_rights(by)
    current = get(tx, by, connector_id)
    tx.log(by, "key revealed", f"connector {connector_id}", current.name)
    return current.shared_key


def rotate_key(
    tx: Transaction,
    by: Actor,
    connector_id: int,
    *,
    new_key: str = "",
    grace_seconds: int = GRACE_SECONDS,
    version: int | None = None,
) -> Connector:
    """Give a connector a new key; the old one matches, and signs requests, for `grace_seconds` more.

    `version` is the connector's as the person saw it, None to rotate whatever it is by now. Raises Refused while an
    earlier rotation's grace time runs, StaleEdit, Problems for a bad key or time, NotPermitted, NotFound.
    """
    current = _current(tx, by, connector_id, version)
    problems = key_problems(new_key)
    if not 0 <= grace_seconds <= LONGEST_GRACE_SECONDS:
        wanted = f"write 0 to {LONGEST_GRACE_SECONDS:,}; 0 uses the new key now"
        problems.append(ProblemItem("Grace time", f"{grace_seconds} s is out of range; {wanted}."))
    if new_key and new_key == current.shared_key:
        problems.append(ProblemItem("Secret Shared Key", "is the one that the connector has; write a new one."))
    if problems:
        raise Problems(tuple(problems))
    until = current.old_key_until(tx.now)
    if until is not None:
        raise Refused(
            f"The key before this one matches until {until:%Y-%m-%d %H:%M:%S} UTC; "
            "rotate again after that, or retire that key first."
        )
    rotated = tx.put(
        replace(
            current,
            shared_key=new_key or tx.ids.shared_key(),
            previous_key=current.shared_key if grace_seconds else "",
            previous_key_until=tx.now + timedelta(seconds=grace_seconds) if grace_seconds else None,
            key_rotated_at=tx.now,
            new_key_signs=False,
        )
    )
    tx.log(by, "key rotated", f"connector {connector_id}", f"the old key matches for {grace_seconds} s more")
    return rotated


def use_new_key(tx: Transaction, by: Actor, connector_id: int, *, version: int | None = None) -> Connector:
    """Sign requests with the new key from now on; the old one still matches until its grace time ends.

    Raises Refused if no old key signs now, StaleEdit, NotPermitted, NotFound.
    """
    current = _current(tx, by, connector_id, version)
    until = _old_key_until(current, tx.now)
    if current.new_key_signs:
        raise Refused("Requests are signed with the new key already.")
    changed = tx.put(replace(current, new_key_signs=True))
    text = f"requests are signed with it from now on; the old key matches until {until:%Y-%m-%d %H:%M:%S} UTC"
    tx.log(by, "new key used", f"connector {connector_id}", text)
    return changed


def retire_old_key(tx: Transaction, by: Actor, connector_id: int, *, version: int | None = None) -> Connector:
    """Let the old key match no more and forget it; requests are signed with the new one from now on.

    Raises Refused if there is no old key that matches, StaleEdit, NotPermitted, NotFound.
    """
    current = _current(tx, by, connector_id, version)
    _old_key_until(current, tx.now)
    used_at = old_key_last_used_at(tx, current)
    changed = tx.put(replace(current, previous_key="", previous_key_until=None, new_key_signs=False))
    used = f"{used_at:%Y-%m-%d %H:%M:%S} UTC" if used_at else "not since the rotation"
    tx.log(by, "old key retired", f"connector {connector_id}", f"it was last used: {used}")
    return changed


def _current(tx: Transaction, by: Actor, connector_id: int, version: int | None) -> Connector:
    need_rights(by)
    current = get(tx, by, connector_id)
    if version is not None and current.version != version:
        raise StaleEdit(
            Connector.WORD, connector_id, seen=version, current=current.version, changed_by=tx.last_change_by(current)
        )
    return current


def _old_key_until(connector: Connector, now: datetime) -> datetime:
    until = connector.old_key_until(now)
    if until is None:
        raise Refused("There is no old key: the connector has one Secret Shared Key, which matches and signs.")
    return until
