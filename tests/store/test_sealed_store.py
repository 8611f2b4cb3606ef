"""A store that an older version wrote, its secrets in clear, is sealed once when it is opened."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from store import connectors, methods
from store.action_log import LogLine
from store.connectors import Connector, ConnectorForm
from store.disk import RealDisk
from store.engine_presence import held_by_this_engine
from store.errors import StoreNotUsable
from store.key_file import KeyFile
from store.methods import MethodForm
from store.paths import INDEX_NAME, Paths
from store.payment_method import PaymentMethod
from store.sealed_store import SEALED_NOW, holds_old_text
from store.sealing import STORE_KEY_ID, StoreKey
from store.stop_marker import StopMarker
from store.store import Store, open_store
from store.upkeep import backup, check
from tests.makers import ANNA, CountedIds, FixedClock, content_of

PLAIN = (b"plain-shared-key-1", b"plain-static-value", b"plain-setting-1")


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a store as the version before encryption wrote it: one connector folded in, one not."""
    with monkeypatch.context() as patch:
        for kind in (Connector, PaymentMethod):
            patch.setattr(kind, "SECRETS", ())
        store = open_store(tmp_path / "store", clock=FixedClock(), ids=CountedIds())
        for _ in range(2):
            with store.transaction() as tx:
                form = ConnectorForm(
                    name="Iris",
                    url="https://iris.example.com/pay",
                    schema_text='[{"type": "password", "key": "pin"}]',
                    static_text='{"token": "plain-static-value"}',
                    shared_key="plain-shared-key-1",
                )
                made = connectors.create(tx, ANNA, form)
                method = MethodForm(name="Card", connector_id=made.id, settings={"pin": "plain-setting-1"})
                methods.create(tx, ANNA, method)
            if made.id == 1:
                store.checkpoint()
        store.path.write_bytes(store.path.read_bytes().replace(b'"format":3', b'"format":2'))
        (store.folder / INDEX_NAME).unlink()  # it knows that the checkpoint was changed
    assert all(each in written(tmp_path / "store") for each in PLAIN)
    return tmp_path / "store"


def written(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(folder.iterdir()))


def test_it_is_sealed_once_and_no_file_holds_the_clear_text_any_more(old: Path) -> None:
    before = Store(old).view()
    assert before.get(Connector, 1).shared_key == "plain-shared-key-1", "what is not sealed yet can be read"
    opened = open_store(old)
    assert opened.sealed_just_now
    assert [each for each in PLAIN if each in written(old)] == []
    view = opened.view()
    assert [each.shared_key for each in view.all(Connector)] == ["plain-shared-key-1"] * 2
    assert [each.settings for each in view.all(PaymentMethod)] == [{"pin": "plain-setting-1"}] * 2
    last = list(view.all(LogLine))[-1]
    assert (last.by, last.action, last.text) == ("gatewatch", "secrets encrypted", SEALED_NOW)
    assert "Backups and other copies made before still hold" in SEALED_NOW
    revision = view.revision
    again = open_store(old)
    assert (again.sealed_just_now, again.view().revision) == (False, revision)
    assert check(again).problems == ()
    assert b'"format":3' in opened.path.read_bytes(), "a version that cannot decrypt would sign with sealed keys"


def test_one_that_was_killed_before_the_checkpoint_takes_the_clear_text_out_at_the_next_opening(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "checkpoint", killed)
        with pytest.raises(KeyboardInterrupt):
            open_store(old)
    assert holds_old_text(Store(old).database)
    assert PLAIN[0] in written(old)
    assert not open_store(old).sealed_just_now
    assert [each for each in PLAIN if each in written(old)] == []


def killed(_store: Store) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize("file", ["gatewatch.json", "gatewatch.index", "gatewatch.journal"])
def test_one_that_was_killed_within_the_checkpoint_takes_it_out_of_the_journal_too(old: Path, file: str) -> None:
    class Killed(RealDisk):
        def rename(self, old: Path, new: Path) -> None:
            if new.name == file:
                raise KeyboardInterrupt
            super().rename(old, new)

    with pytest.raises(KeyboardInterrupt):
        open_store(old, disk=Killed())
    assert PLAIN[0] in written(old)
    assert not open_store(old).sealed_just_now
    assert [each for each in PLAIN if each in written(old)] == []
    revision = Store(old).view().revision
    assert not holds_old_text(Store(old).database)
    assert open_store(old).view().revision == revision


def test_one_that_was_folded_before_it_was_sealed_is_clean_too(old: Path) -> None:
    Store(old).checkpoint()
    open_store(old)
    assert [each for each in PLAIN if each in written(old)] == []


def test_if_the_key_cannot_be_made_nothing_is_changed(old: Path) -> None:
    before = content_of(old)
    with pytest.raises(StoreNotUsable, match="cannot be made here"):
        open_store(old, key_file=KeyFile(Path("/proc/no-folder/store.key")))
    assert content_of(old) == before


def test_while_an_engine_of_the_older_version_runs_it_is_refused(old: Path) -> None:
    with held_by_this_engine(old), pytest.raises(StoreNotUsable, match="of the older version runs on it"):
        open_store(old)
    assert open_store(old).sealed_just_now


def test_a_stopped_one_is_read_as_it_is_and_sealed_once_writing_goes_on(old: Path) -> None:
    StopMarker(RealDisk(), Paths(old)).put("a sync failed: Input/output error")
    stopped = open_store(old)
    assert not stopped.sealed_just_now
    assert stopped.view().get(Connector, 2).shared_key == "plain-shared-key-1"
    assert check(stopped).written_anew
    assert open_store(old).sealed_just_now
    assert [each for each in PLAIN if each in written(old)] == []


def test_who_has_opened_a_stopped_one_seals_all_of_it_with_their_first_write(old: Path) -> None:
    StopMarker(RealDisk(), Paths(old)).put("a sync failed: Input/output error")
    early = open_store(old)
    assert check(Store(old)).written_anew
    with early.transaction() as tx:
        tx.put(replace(tx.get(Connector, 2), name="Renamed"))
    assert check(early).problems == ()
    assert early.view().get(Connector, 2).name == "Renamed"
    assert open_store(old).view().get(Connector, 1).shared_key == "plain-shared-key-1"
    assert [each for each in PLAIN if each in written(old)] == []


def test_a_backup_of_one_says_that_its_secrets_are_in_clear(old: Path, tmp_path: Path) -> None:
    assert check(Store(old)).in_clear
    made = backup(Store(old), tmp_path / "backup")
    assert (made.in_clear, made.key_id) == (True, None)
    made = backup(open_store(old), tmp_path / "sealed")
    assert (made.in_clear, made.key_id) == (False, open_store(old).view().get(StoreKey, STORE_KEY_ID).key_id)
    assert PLAIN[0] not in written(tmp_path / "sealed")


def test_a_secret_in_clear_in_a_sealed_store_is_found_by_the_check(old: Path) -> None:
    store = open_store(old)
    with store.transaction() as tx:
        connector = tx.get(Connector, 2)
        tx._write(Connector, 2, (msgspec.json.encode(connector), connector), was_there=True)
    found = check(open_store(old)).problems
    assert "Connector 2: its shared_key is in clear, though the store is encrypted." in found
