"""Upkeep of a store: is it sound, and a backup of one moment while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from store import journal
from store.archived_payment import ArchivedPayment
from store.archives import LOCK_NAME
from store.audit import money_problems
from store.checkpoint import make_index, need_as_written, put_index, read_checkpoint, write_checkpoint
from store.columns import columns_signature
from store.disk import Disk
from store.errors import KeyNotUsable, Refused, StoreNotUsable
from store.folding import records_of
from store.image import Image
from store.journal import Base
from store.kinds import KINDS
from store.lock import WAIT_SECONDS, ProcessLock
from store.paths import CHECKPOINT_NAME, INDEX_NAME, JOURNAL_NAME
from store.payments import Payment
from store.record_audit import record_problems
from store.sealed_store import SealedView, have_key, holds_plain, plain_problems
from store.sealing import STORE_KEY_ID, StoreKey
from store.store import Store, View

COPIED_AT_ONCE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found: how many records of each table were read, and a sentence for each thing that is wrong.

    `stopped` says why every writer was stopped when it began, empty if none was; `written_anew` that all records have
    been written anew since, and that writing goes on. `in_clear`: an older version wrote the secrets, and they are not
    encrypted yet.
    """

    revision: int
    records: dict[str, int]
    problems: tuple[str, ...]
    stopped: str = ""
    written_anew: bool = False
    in_clear: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the number of its last transaction, its records, and its files by name with their bytes.

    `key_id` is the key that its secrets are encrypted with, None if there is none; `key_path` where that is, which is
    never in the backup. `in_clear`: an older version wrote the secrets, and they are not encrypted yet.
    """

    revision: int
    records: int
    files: dict[str, int]
    key_id: str | None
    key_path: Path
    in_clear: bool


def check(store: Store, *, wait_seconds: float = WAIT_SECONDS) -> Findings:
    """Read every record and hold everything against everything; after a failed sync let writing go on if all is sound.

    It changes nothing unless the store is stopped and sound: then every record is written anew before the marker goes.
    Raises StoreNotUsable if that cannot be done, StoreBusy; the marker stays then.
    """
    stopped = store.database.stopped_because() or ""
    try:
        view = store.view()
    except StoreNotUsable as error:
        return Findings(0, {}, (str(error),), stopped)
    problems = _problems(store, view)
    if stopped and not problems:
        store.database.allow_writing(wait_seconds=wait_seconds)
    records = {kind.TABLE: view.count(kind) for kind in KINDS.values()}
    written_anew = bool(stopped) and not problems
    return Findings(view.revision, records, tuple(problems), stopped, written_anew, holds_plain(view))


def _problems(store: Store, view: View) -> list[str]:
    try:
        have_key(store)
    except KeyNotUsable as error:
        closed = SealedView(store.folder, view.image, view.now, store.archives, store.vault)
        return [
            str(error),
            "So no secret was decrypted; the rest was checked without the key.",
            *_unsound(store, closed),
        ]
    return _unsound(store, view)


def _unsound(store: Store, view: View) -> list[str]:
    unsound = record_problems(view) or [
        *plain_problems(view),
        *_index_problems(store, view.image),
        *_number_problems(view),
    ]
    changed = list(_changes_by_the_disk(store, view.image))
    if unsound:
        return [*changed, *unsound, "The money was not checked, since not every record is sound."]
    return [*changed, *money_problems(view)]


def _changes_by_the_disk(store: Store, image: Image) -> Iterator[str]:
    """Yield which of the checkpoint and the archives is not what was written."""
    try:
        names = _archives_of(store.view_of(image))
    except StoreNotUsable:
        names = []  # a stub that cannot be read is told with the records
    checks = [partial(store.archives.need_as_written, name) for name in names]
    if image.checkpoint is not None:
        index_path = store.folder / INDEX_NAME
        checks.insert(0, partial(need_as_written, store.disk, store.path, index_path, image.checkpoint))
    for check_one in checks:
        try:
            check_one()
        except StoreNotUsable as error:
            yield str(error)


def _index_problems(store: Store, image: Image) -> Iterator[str]:
    """Yield where the checkpoint's lines or the index beside it are not as the records say."""
    if image.checkpoint is None:
        return
    index_path = store.folder / INDEX_NAME
    try:
        made = make_index(store.path, image.checkpoint.file, image.keys_of)
    except StoreNotUsable as error:
        yield str(error)
        return
    kept = image.checkpoint.index
    for table in sorted({*made.places, *kept.places}):
        a, b = made.of(table), kept.of(table)
        if any(list(getattr(a, part)) != list(getattr(b, part)) for part in ("ids", "offsets", "lengths")):
            yield f"{index_path}: where the records of {table} stand is not where they are. Remove the file."
    for table, name in sorted({*made.columns, *kept.columns}):
        if list(made.column(table, name).pairs()) != list(kept.column(table, name).pairs()):
            yield f"{index_path}: the column {name} of {table} is not what the records say. Remove the file."


def _archives_of(view: View) -> list[str]:
    return sorted({each.month for each in view.all(ArchivedPayment)})


def _number_problems(view: View) -> Iterator[str]:
    """Yield where a table's count is not that of its records, or where an id could be given a second time."""
    image = view.image
    for kind in KINDS.values():
        ids = view.every_id(kind)
        if len(ids) != view.count(kind):
            yield f"{kind.TABLE}: {view.count(kind)} records are counted, {len(ids)} are there."
        numbered_as = Payment.TABLE if kind is ArchivedPayment else kind.TABLE
        next_id = image.next_ids.get(numbered_as, 1)
        if ids and ids[-1] >= next_id:
            yield f"{kind.TABLE}: the next id would be {next_id}, but record {ids[-1]} is there."


def backup(store: Store, folder: Path, *, wait_seconds: float = WAIT_SECONDS) -> Backup:
    """Write the store as it is at one moment into a new or empty folder, which opens as a store, while others write.

    They wait only while that moment is noted. Raises Refused if the folder is not empty or cannot be written, StoreBusy
    while another process writes or copies the archive, StoreNotUsable; the folder is left empty then.
    """
    make_empty_folder(folder)
    with ProcessLock(store.folder / LOCK_NAME).held(wait_seconds=wait_seconds):
        with store.database.locked(wait_seconds=wait_seconds, stopped_too=True) as image:
            pass
        try:
            _write(store, image, folder)
        except (OSError, StoreNotUsable) as error:
            for each in folder.iterdir():
                with suppress(OSError):
                    each.unlink()
            if isinstance(error, StoreNotUsable):
                raise
            raise Refused(f"The backup cannot be written to {folder}: {error.strerror}.") from error
    files = {each.name: each.stat().st_size for each in sorted(folder.iterdir())}
    view = store.view_of(image)
    key = view.stored(StoreKey, STORE_KEY_ID)
    in_clear = holds_plain(view)
    return Backup(
        image.n, sum(image.counts.values()), files, key.key_id if key else None, store.vault.key_path, in_clear
    )


def make_empty_folder(folder: Path) -> None:
    """Make a folder for its user only, unless it is there. Raises Refused if it is not empty or cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty; name a new or an empty folder.")
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error


def _write(store: Store, image: Image, folder: Path) -> None:
    """Write a backup's files, the journal last: without it the folder is not taken for a store."""
    disk = store.disk
    if image.checkpoint is not None:
        need_as_written(store.disk, store.path, store.folder / INDEX_NAME, image.checkpoint)
    path, index_path = folder / CHECKPOINT_NAME, folder / INDEX_NAME
    _, fit = write_checkpoint(
        disk,
        path,
        image.header(),
        {table: partial(records_of, image, table) for table in image.tables()},
        columns_signature(),
    )
    # Made from what was written, so each record has been read back and is one.
    put_index(disk, index_path, read_checkpoint(disk, path, index_path, image.keys_of).index, fit)
    view = store.view_of(image)
    for name in _archives_of(view):
        archive = store.archives.path(name)
        store.archives.need_as_written(name)
        for each in (archive, archive.with_suffix(".index")):
            if each == archive or disk.exists(each):
                _copy(disk, each, folder / each.name)
    journal.create(disk, folder / JOURNAL_NAME, Base(base=image.n, was=image.hash))
    disk.sync_folder(folder)
    disk.sync_folder(folder.parent)


def _copy(disk: Disk, source: Path, target: Path) -> None:
    original = disk.open_to_read(source)
    try:
        copy = disk.create(target)
        try:
            offset = 0
            while part := original.pread(COPIED_AT_ONCE_BYTES, offset):
                copy.append(part, offset)
                offset += len(part)
            copy.sync()
        finally:
            copy.close()
    finally:
        original.close()
