"""Managers: argon2id, blocks that double, who may do what to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from store import managers, resellers
from store.action_log import LogLine
from store.actors import Actor
from store.errors import NotFound, NotPermitted, Problems, Refused, StaleEdit
from store.managers import Manager, Permission
from store.store import Store
from tests.makers import MICROSECOND, FixedClock, content_of

PASSWORD = "correct horse battery"
WRONG = "incorrect horse"


@pytest.fixture
def anna(store: Store) -> Manager:
    """Return the root manager, made as the panel's first start makes them."""
    return managers.create_first(store, name="Anna", email="Anna@Example.com", password=PASSWORD)


def add(store: Store, by: Actor, email: str, permission: Permission = Permission.FULL_CONTROL) -> Manager:
    return managers.add(store, by, name=email, email=email, password=PASSWORD, permission=permission)


def fail_to_sign_in(store: Store, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refused, match="The email or the password is not right"):
            managers.sign_in(store, "anna@example.com", WRONG)


def test_the_first_manager_is_the_root_resellers_with_full_control(store: Store, anna: Manager) -> None:
    assert (anna.email, anna.reseller_id, anna.permission.label) == ("anna@example.com", 1, "Full Control")
    assert anna.actor.at_root
    assert anna.actor.full_control
    assert managers.any_exists(store.view())


def test_there_is_only_one_first_manager(store: Store, anna: Manager) -> None:
    before = content_of(store.folder)
    with pytest.raises(Refused, match="There is a manager already"):
        managers.create_first(store, name="Eve", email="eve@example.com", password=PASSWORD)
    assert content_of(store.folder) == before
    assert anna.id == 1


def test_a_password_is_kept_as_an_argon2id_hash_and_shown_nowhere(store: Store, anna: Manager) -> None:
    assert anna.password_hash.startswith("$argon2id$")
    assert PASSWORD.encode() not in content_of(store.folder)
    assert anna.password_hash not in repr(anna)


def test_signing_in_takes_any_case_of_the_email_and_is_logged(store: Store, anna: Manager) -> None:
    assert managers.sign_in(store, " ANNA@example.com ", PASSWORD).id == anna.id
    last = list(store.view().all(LogLine))[-1]
    assert (last.by, last.action) == ("anna@example.com", "signed in")


def test_an_unknown_email_and_a_wrong_password_are_refused_with_the_same_words(store: Store, anna: Manager) -> None:
    texts = []
    for email, password in ((anna.email, WRONG), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Refused) as caught:
            managers.sign_in(store, email, password)
        texts.append(caught.value.reason)
    assert texts[0] == texts[1]


def test_five_failures_block_for_two_minutes_also_the_right_password(
    store: Store, anna: Manager, clock: FixedClock
) -> None:
    fail_to_sign_in(store, 4)
    assert store.view().get(Manager, anna.id).blocked_until is None
    fail_to_sign_in(store, 1)
    until = clock.now + timedelta(minutes=2)
    assert store.view().get(Manager, anna.id).blocked_until == until
    before = content_of(store.folder)
    clock.now = until - MICROSECOND
    with pytest.raises(Refused, match="blocked for 1 s more"):
        managers.sign_in(store, anna.email, PASSWORD)
    assert content_of(store.folder) == before
    clock.now = until
    assert managers.sign_in(store, anna.email, PASSWORD).failures == 0


def test_each_failure_after_a_block_doubles_it_up_to_a_day(store: Store, anna: Manager, clock: FixedClock) -> None:
    fail_to_sign_in(store, 5)
    blocks = []
    for _ in range(3):
        clock.advance(days=2)
        fail_to_sign_in(store, 1)
        until = store.view().get(Manager, anna.id).blocked_until
        assert until is not None
        blocks.append(until - clock.now)
    assert blocks == [timedelta(minutes=4), timedelta(minutes=8), timedelta(minutes=16)]
    with store.transaction() as tx:
        tx.put(replace(tx.get(Manager, anna.id), failures=5000))
    clock.advance(days=2)
    fail_to_sign_in(store, 1)
    assert store.view().get(Manager, anna.id).blocked_until == clock.now + timedelta(days=1)


def test_a_right_password_ends_the_counting(store: Store, anna: Manager) -> None:
    fail_to_sign_in(store, 4)
    managers.sign_in(store, anna.email, PASSWORD)
    fail_to_sign_in(store, 4)
    assert managers.sign_in(store, anna.email, PASSWORD).id == anna.id


def test_a_new_password_ends_a_block_and_the_old_one_counts_no_more(store: Store, anna: Manager) -> None:
    fail_to_sign_in(store, 5)
    managers.set_password(store, anna.actor, anna.id, "another good password")
    assert managers.sign_in(store, anna.email, "another good password").id == anna.id
    with pytest.raises(Refused):
        managers.sign_in(store, anna.email, PASSWORD)


def test_a_short_password_is_a_problem(store: Store, anna: Manager) -> None:
    before = content_of(store.folder)
    with pytest.raises(Problems, match="shorter than 10"):
        managers.set_password(store, anna.actor, anna.id, "short")
    assert content_of(store.folder) == before


def test_all_problem_items_of_a_new_manager_come_at_once(store: Store) -> None:
    with pytest.raises(Problems) as caught:
        managers.create_first(store, name=" ", email="no at sign", password="short")
    assert [each.field for each in caught.value.items] == ["Name", "Email", "Password"]
    assert not managers.any_exists(store.view())


def test_each_manager_has_an_email_of_their_own(store: Store, anna: Manager) -> None:
    with pytest.raises(Problems, match="another manager's"):
        add(store, anna.actor, "ANNA@example.com")


def test_the_last_full_control_of_the_root_reseller_stays(store: Store, anna: Manager) -> None:
    with pytest.raises(Refused, match="last manager of the root reseller"), store.transaction() as tx:
        managers.update(tx, anna.actor, anna.id, version=anna.version, permission=Permission.READ_ONLY)
    add(store, anna.actor, "carl@example.com")
    with store.transaction() as tx:
        changed = managers.update(tx, anna.actor, anna.id, version=anna.version, permission=Permission.READ_ONLY)
    assert not changed.actor.full_control


def test_a_stale_edit_of_a_manager_is_refused(store: Store, anna: Manager) -> None:
    with store.transaction() as tx:
        managers.update(tx, anna.actor, anna.id, version=anna.version, name="Anna B.")
    with pytest.raises(StaleEdit, match=r"Manager 1 was changed by anna@example\.com"), store.transaction() as tx:
        managers.update(tx, anna.actor, anna.id, version=anna.version, name="Anna C.")


def test_a_manager_without_a_name_is_a_problem(store: Store, anna: Manager) -> None:
    with pytest.raises(Problems, match="Name"), store.transaction() as tx:
        managers.update(tx, anna.actor, anna.id, version=anna.version, name=" ")


def test_a_read_only_manager_changes_no_manager(store: Store, anna: Manager) -> None:
    reader = add(store, anna.actor, "rita@example.com", Permission.READ_ONLY).actor
    before = content_of(store.folder)
    with pytest.raises(NotPermitted):
        add(store, reader, "new@example.com")
    with pytest.raises(NotPermitted):
        managers.set_password(store, reader, anna.id, PASSWORD)
    with pytest.raises(NotPermitted), store.transaction() as tx:
        managers.update(tx, reader, anna.id, version=1, name="New")
    assert content_of(store.folder) == before


def test_managers_out_of_reach_are_not_found(store: Store, anna: Manager) -> None:
    with store.transaction() as tx:
        north = resellers.create(tx, anna.actor, name="North", parent_id=1)
    bea = managers.add(
        store,
        anna.actor,
        name="Bea",
        email="bea@example.com",
        password=PASSWORD,
        permission=Permission.FULL_CONTROL,
        reseller_id=north.id,
    )
    view = store.view()
    assert [each.id for each in managers.visible_to(view, bea.actor)] == [bea.id]
    assert [each.id for each in managers.visible_to(view, anna.actor)] == [anna.id, bea.id]
    before = content_of(store.folder)
    with pytest.raises(NotFound, match="no manager with ID 1"):
        managers.set_password(store, bea.actor, anna.id, PASSWORD)
    with pytest.raises(NotFound), store.transaction() as tx:
        managers.update(tx, bea.actor, anna.id, version=1, name="Mine")
    with pytest.raises(NotFound, match="no reseller with ID 1"):
        managers.add(
            store,
            bea.actor,
            name="New",
            email="new@example.com",
            password=PASSWORD,
            permission=Permission.FULL_CONTROL,
            reseller_id=1,
        )
    assert content_of(store.folder) == before


def test_no_password_stands_in_the_action_log(store: Store, anna: Manager) -> None:
    fail_to_sign_in(store, 1)
    managers.set_password(store, anna.actor, anna.id, "another good password")
    text = str(list(store.view().all(LogLine)))
    assert PASSWORD not in text
    assert WRONG not in text
    assert "another good" not in text


def test_a_disabled_manager_cannot_sign_in_and_is_told_so_only_with_the_right_password(
    store: Store, anna: Manager
) -> None:
    eve = add(store, anna.actor, "eve@example.com")
    with store.transaction() as tx:
        managers.update(tx, anna.actor, eve.id, version=eve.version, enabled=False)
    with pytest.raises(Refused, match="is disabled"):
        managers.sign_in(store, "eve@example.com", PASSWORD)
    with pytest.raises(Refused, match="The email or the password is not right"):
        managers.sign_in(store, "eve@example.com", WRONG)


def test_the_last_manager_in_control_is_neither_disabled_nor_moved(store: Store, anna: Manager) -> None:
    with store.transaction() as tx:
        below = resellers.create(tx, anna.actor, name="South", parent_id=1)
    eve = add(store, anna.actor, "eve@example.com")
    with store.transaction() as tx:
        managers.update(tx, anna.actor, eve.id, version=eve.version, enabled=False)
    for change in ({"enabled": False}, {"reseller_id": below.id}):
        with store.transaction() as tx, pytest.raises(Refused, match="the last manager of the root reseller"):
            managers.update(tx, anna.actor, anna.id, version=tx.get(Manager, anna.id).version, **change)


def test_a_manager_goes_to_another_reseller_that_is_in_reach(store: Store, anna: Manager) -> None:
    with store.transaction() as tx:
        south = resellers.create(tx, anna.actor, name="South", parent_id=1)
        north = resellers.create(tx, anna.actor, name="North", parent_id=1)
    eve = add(store, anna.actor, "eve@example.com")
    with store.transaction() as tx:
        moved = managers.update(tx, anna.actor, eve.id, version=eve.version, reseller_id=south.id)
    assert moved.reseller_id == south.id
    with store.transaction() as tx, pytest.raises(NotFound, match="no reseller"):
        managers.update(tx, moved.actor, eve.id, version=moved.version, reseller_id=north.id)


def test_signing_out_is_logged_with_its_reason(store: Store, anna: Manager) -> None:
    with store.transaction() as tx:
        managers.sign_out(tx, anna.id, "30 minutes without a key")
    last = list(store.view().all(LogLine))[-1]
    assert (last.by, last.action, last.text) == (anna.email, "signed out", "30 minutes without a key")
