"""Managers: the people who sign in. Passwords are kept as argon2id hashes; wrong ones block, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from tinydb import where

from store.actors import ROOT_RESELLER_ID, Actor
from store.errors import ProblemItem, Problems, Refused, StaleEdit
from store.records import Record
from store.resellers import Reseller, level_and_below, need_in_reach

if TYPE_CHECKING:
    from store.store import Store, Transaction, View

FAILURES_BEFORE_BLOCK = 5
FIRST_BLOCK_MINUTES = 2
LONGEST_BLOCK_MINUTES = 24 * 60
SHORTEST_PASSWORD = 10


class Permission(StrEnum):
    """What a manager may do."""

    FULL_CONTROL = "full_control"
    READ_ONLY = "read_only"

    @property
    def label(self) -> str:
        """The permission as screens write it."""
        return "Full Control" if self is Permission.FULL_CONTROL else "Read Only"


class Manager(Record, frozen=True, kw_only=True):
    """A person who signs in by email; `failures` counts wrong passwords since the last right one.

    One who is not `enabled` cannot sign in, and is signed out where they are.
    """

    TABLE: ClassVar[str] = "managers"
    WORD: ClassVar[str] = "manager"

    name: str
    email: str
    reseller_id: int
    permission: Permission
    password_hash: str
    created_at: datetime
    failures: int = 0
    blocked_until: datetime | None = None
    enabled: bool = True

    def __repr__(self) -> str:
        """Return the manager without the password's hash."""
        return f"Manager(id={self.id}, email={self.email!r})"

    @property
    def actor(self) -> Actor:
        """The manager as somebody who acts."""
        return Actor(self.email, self.reseller_id, self.permission is Permission.FULL_CONTROL)


def any_exists(view: View) -> bool:
    """Say whether somebody can sign in; if not, the panel's first start makes the root manager."""
    return view.count(Manager) > 0


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password. Takes a moment on purpose: never call it under the lock."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - only signing in and setting a password need it

    return PasswordHasher().hash(password)


def password_problems(password: str) -> tuple[ProblemItem, ...]:
    """Return what is wrong with a new password."""
    if len(password) < SHORTEST_PASSWORD:
        return (ProblemItem("Password", f"is shorter than {SHORTEST_PASSWORD} characters; a short sentence is good."),)
    return ()


def create_first(store: Store, *, name: str, email: str, password: str) -> Manager:
    """Make the root manager, with Full Control, in a store that has no manager. Raises Refused, Problems."""
    problems = (*_problems(store.view(), name, email), *password_problems(password))
    if problems:
        raise Problems(problems)
    hashed = hash_password(password)
    with store.transaction() as tx:
        if any_exists(tx):
            raise Refused("There is a manager already; sign in, or have them add you.")
        first = Actor(email.strip(), ROOT_RESELLER_ID)
        return _add(tx, first, name, email, hashed, ROOT_RESELLER_ID, Permission.FULL_CONTROL)


def add(
    store: Store,
    by: Actor,
    *,
    name: str,
    email: str,
    password: str,
    permission: Permission,
    reseller_id: int | None = None,
) -> Manager:
    """Add a manager at the actor's reseller or one below it. Raises Problems, NotPermitted, NotFound."""
    by.need_full_control()
    level = by.reseller_id if reseller_id is None else reseller_id
    problems = (*_problems(store.view(), name, email), *password_problems(password))
    if problems:
        raise Problems(problems)
    hashed = hash_password(password)
    with store.transaction() as tx:
        taken = _problems(tx, name, email)
        if taken:
            raise Problems(taken)
        need_in_reach(tx, by, level, Reseller.WORD, level)
        tx.get(Reseller, level)
        return _add(tx, by, name, email, hashed, level, permission)


def update(
    tx: Transaction,
    by: Actor,
    manager_id: int,
    *,
    version: int,
    name: str | None = None,
    permission: Permission | None = None,
    reseller_id: int | None = None,
    enabled: bool | None = None,
) -> Manager:
    """Change a manager; what is None stays.

    Raises Refused for what would leave nobody who is enabled with Full Control at the root reseller, StaleEdit,
    Problems, NotFound for a reseller out of reach, NotPermitted.
    """
    by.need_full_control()
    current = get(tx, by, manager_id)
    if current.version != version:
        raise StaleEdit(
            Manager.WORD, manager_id, seen=version, current=current.version, changed_by=tx.last_change_by(current)
        )
    wanted = replace(
        current,
        name=current.name if name is None else name.strip(),
        permission=current.permission if permission is None else permission,
        reseller_id=current.reseller_id if reseller_id is None else reseller_id,
        enabled=current.enabled if enabled is None else enabled,
    )
    if not wanted.name:
        raise Problems((ProblemItem("Name", "is empty; write the person's name."),))
    need_in_reach(tx, by, wanted.reseller_id, Reseller.WORD, wanted.reseller_id)
    reseller = tx.get(Reseller, wanted.reseller_id)
    if _is_in_control(current) and not _is_in_control(wanted) and _is_last_in_control(tx, current):
        raise Refused("This is the last manager of the root reseller with Full Control; give it to another one first.")
    state = "" if wanted.enabled else ", disabled"
    tx.log(
        by,
        "manager changed",
        f"manager {manager_id}",
        f"{wanted.email}, {wanted.permission.label}, {reseller.name}{state}",
    )
    return tx.put(wanted)


def set_password(store: Store, by: Actor, manager_id: int, password: str) -> Manager:
    """Give a manager a new password and end any block. Raises Problems, NotPermitted, NotFound."""
    by.need_full_control()
    problems = password_problems(password)
    if problems:
        raise Problems(problems)
    hashed = hash_password(password)
    with store.transaction() as tx:
        current = get(tx, by, manager_id)
        tx.log(by, "password set", f"manager {manager_id}", current.email)
        return tx.put(replace(current, password_hash=hashed, failures=0, blocked_until=None))


def sign_in(store: Store, email: str, password: str) -> Manager:
    """Return the manager of this email and password.

    Raises Refused, with one sentence for an unknown email and a wrong password. Five failures block for 2 minutes, and
    each failure after that doubles it; while blocked, the right password is refused too.
    """
    view = store.view()
    found = by_email(view, email)
    _refuse_blocked(found, view.now)
    right = _matches(found, password)
    with store.transaction() as tx:
        current = by_email(tx, email)
        _refuse_blocked(current, tx.now)
        if current is not None and found is not None and right and current.password_hash == found.password_hash:
            if not current.enabled:
                raise Refused(f"{current.email} is disabled; a manager with Full Control can change that.")
            tx.log(current.actor, "signed in", f"manager {current.id}")
            return tx.put(replace(current, failures=0, blocked_until=None))
        if current is not None:
            _count_failure(tx, current)
    raise Refused("The email or the password is not right.")


def sign_out(tx: Transaction, manager_id: int, why: str = "") -> None:
    """Note that a manager has signed out, or was signed out and why."""
    manager = tx.get(Manager, manager_id)
    tx.log(manager.actor, "signed out", f"manager {manager_id}", why)


def get(view: View, by: Actor, manager_id: int) -> Manager:
    """Return a manager whom the actor may see. Raises NotFound."""
    found = view.get(Manager, manager_id)
    need_in_reach(view, by, found.reseller_id, Manager.WORD, manager_id)
    return found


def visible_to(view: View, by: Actor) -> list[Manager]:
    """Return the managers of the actor's reseller and of those below, by id."""
    levels = level_and_below(view, by.reseller_id)
    return [each for each in view.all(Manager) if each.reseller_id in levels]


def by_email(view: View, email: str) -> Manager | None:
    """Return the manager of this email, None if there is none."""
    found = view.search(Manager, where("email") == email.strip().lower())
    return found[0] if found else None


def _add(
    tx: Transaction, by: Actor, name: str, email: str, hashed: str, reseller_id: int, permission: Permission
) -> Manager:
    made = tx.put(
        Manager(
            id=tx.next_id(Manager),
            name=name.strip(),
            email=email.strip().lower(),
            reseller_id=reseller_id,
            permission=permission,
            password_hash=hashed,
            created_at=tx.now,
        )
    )
    tx.log(by, "manager added", f"manager {made.id}", f"{made.email}, {permission.label}")
    return made


def _problems(view: View, name: str, email: str) -> tuple[ProblemItem, ...]:
    problems: list[ProblemItem] = []
    if not name.strip():
        problems.append(ProblemItem("Name", "is empty; write the person's name."))
    local, at, domain = email.strip().partition("@")
    if not (local and at and domain) or " " in email.strip():
        wrong = f"{email!r} is not an email address" if email.strip() else "is empty"
        problems.append(ProblemItem("Email", f"{wrong}; write anna@example.com, for example."))
    elif by_email(view, email) is not None:
        problems.append(ProblemItem("Email", f"{email.strip()} is another manager's; each has their own."))
    return tuple(problems)


def _matches(manager: Manager | None, password: str) -> bool:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only signing in and setting a password need it
    from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415 - the same

    if manager is None:
        hash_password(password)  # an unknown email takes as long as a wrong password
        return False
    try:
        return PasswordHasher().verify(manager.password_hash, password)
    except VerifyMismatchError:
        return False


def _refuse_blocked(manager: Manager | None, now: datetime) -> None:
    if manager is not None and manager.blocked_until is not None and now < manager.blocked_until:
        seconds = int((manager.blocked_until - now).total_seconds()) + 1
        raise Refused(f"Too many wrong passwords; signing in is blocked for {seconds} s more.")


def _count_failure(tx: Transaction, manager: Manager) -> None:
    failures = manager.failures + 1
    until = None
    if failures >= FAILURES_BEFORE_BLOCK:
        doubled = FIRST_BLOCK_MINUTES * 2 ** min(failures - FAILURES_BEFORE_BLOCK, 20)
        until = tx.now + timedelta(minutes=min(doubled, LONGEST_BLOCK_MINUTES))
    text = f"wrong password, {failures} in a row" + (f"; blocked until {until:%H:%M:%S} UTC" if until else "")
    tx.log(manager.actor, "sign-in refused", f"manager {manager.id}", text)
    tx.put(replace(manager, failures=failures, blocked_until=until))


def _is_in_control(manager: Manager) -> bool:
    """Say whether a manager can do everything everywhere."""
    return manager.enabled and manager.reseller_id == ROOT_RESELLER_ID and manager.permission is Permission.FULL_CONTROL


def _is_last_in_control(view: View, manager: Manager) -> bool:
    return not any(each.id != manager.id and _is_in_control(each) for each in view.all(Manager))
