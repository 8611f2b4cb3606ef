"""The store under the lock, to read, decide and write; what a transaction has put, it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from store.action_log import LogLine, last_change
from store.actors import Actor
from store.archived_payment import ArchivedPayment
from store.archives import Archives
from store.columns import key_of, keys_of
from store.draft import Batch
from store.errors import StaleEdit
from store.image import Image
from store.kinds import SECRET_KINDS
from store.outside import Ids
from store.payments import Payment
from store.records import R, Record, from_json, next_version, to_json
from store.sealing import STORE_KEY_ID, StoreKey, opened, sealed
from store.vault import Vault
from store.view import View


class Transaction(View):
    """One read-decide-write. Nothing of it is stored before its body has ended without an error."""

    def __init__(self, folder: Path, image: Image, now: datetime, archives: Archives, vault: Vault, ids: Ids) -> None:
        super().__init__(folder, image, now, archives, vault)
        self.ids = ids
        self._written: dict[tuple[str, int], tuple[bytes, Record] | None] = {}
        self._read: dict[tuple[str, int], Record | None] = {}
        self._added: dict[str, int] = {}
        self._next_ids = image.next_ids

    def next_id(self, kind: type[Record]) -> int:
        """Return an id that no record of this kind has had. It is used up only if the transaction commits."""
        identity = self._next_ids.get(kind.TABLE, 1)
        self._next_ids = {**self._next_ids, kind.TABLE: identity + 1}
        return identity

    def put(self, record: R) -> R:
        """Write a record, new or changed, and return it with its new version.

        A payment that has aged out comes back by it: its stub goes, and what the archive holds of it is stale.
        Raises StaleEdit if the record's version is not the one stored: it was read before somebody else changed it.
        """
        kind = type(record)
        stored = self.stored_version(kind, record.id)
        archived = self._archived(kind, record.id) if stored is None else None
        current = archived.version if archived is not None else stored or 0
        if current != record.version:
            raise StaleEdit(
                kind.WORD, record.id, seen=record.version, current=current, changed_by=self.last_change_by(record)
            )
        written = next_version(record)
        line = to_json(written) if not kind.SECRETS else self._sealed_line(written)
        self._write(kind, record.id, (line, written), was_there=stored is not None)
        if archived is not None:
            self._write(ArchivedPayment, record.id, None, was_there=True)
        return written

    def remove(self, record: Record) -> None:
        """Take a record out of the store. Raises StaleEdit like `put`."""
        stored = self.stored_version(type(record), record.id)
        if stored is None or stored != record.version:
            raise StaleEdit(
                type(record).WORD,
                record.id,
                seen=record.version,
                current=stored or 0,
                changed_by=self.last_change_by(record),
            )
        self._write(type(record), record.id, None, was_there=True)

    def keep(self, payment: Payment) -> Payment:
        """Write a payment that was read as of now, if its deadline or due date has passed since it was written.

        One that has aged out stays where it is: no time passes for it.
        """
        before = self._stored(Payment, payment.id) or self._archived(Payment, payment.id)
        return payment if before == payment else self.put(payment)

    def log(self, by: Actor, action: str, subject: str, text: str = "") -> None:
        """Add a line to the action log: who did what to which object."""
        self.put(LogLine(id=self.next_id(LogLine), at=self.now, by=by.name, action=action, subject=subject, text=text))

    def last_change_by(self, record: Record) -> str:
        """Return who changed a record last, by the action log."""
        last = last_change(self, subject_of(record))
        return "another process" if last is None else last.by

    @property
    def has_writes(self) -> bool:
        """Whether anything was written."""
        return bool(self._written)

    def go_into(self, batch: Batch) -> None:
        """Add what was written to those transactions that are appended together."""
        batch.add(self.now, self._next_ids, self._written, self._added)

    def count(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
        return super().count(kind) + self._added.get(kind.TABLE, 0)

    def seal_secrets(self) -> StoreKey:
        """Return the key of the secrets; a store without any gets one, and what it has in clear is sealed.

        Raises KeyNotUsable.
        """
        key = self._stored(StoreKey, STORE_KEY_ID)
        if key is None:
            in_clear = [each for kind in SECRET_KINDS for each in self.all_stored(kind)]
            key_id = self._vault.new_key()
            key = self.put(StoreKey(id=STORE_KEY_ID, key_id=key_id, plain_before=bool(in_clear)))
            for each in in_clear:
                self.put(each)
        return key

    def _sealed_line(self, record: Record) -> bytes:
        key = self.seal_secrets()
        return to_json(sealed(record, partial(self._vault.seal, key.key_id)))

    def _write(
        self, kind: type[Record], identity: int, written: tuple[bytes, Record] | None, *, was_there: bool
    ) -> None:
        table = kind.TABLE
        self._written[(table, identity)] = written
        if not was_there and self._next_ids.get(table, 1) <= identity:
            self._next_ids = {**self._next_ids, table: identity + 1}
        if was_there != (written is not None):
            self._added[table] = self._added.get(table, 0) + (-1 if was_there else 1)

    def _stored(self, kind: type[R], identity: int) -> R | None:
        key = (kind.TABLE, identity)
        if key in self._written:
            written = self._written[key]
            return written[1] if written is not None and isinstance(written[1], kind) else None
        if key in self._read:
            found = self._read[key]
            return found if isinstance(found, kind) else None
        line = super()._line(kind, identity)
        stored = None if line is None else self._decoded(kind, identity, line)
        self._read[key] = stored
        return stored

    def stored_version(self, kind: type[Record], identity: int) -> int | None:
        """Return the version of a record of the main store, without decoding it; None if there is none of this id."""
        key = (kind.TABLE, identity)
        if key in self._written:
            written = self._written[key]
            return None if written is None else written[1].version
        if key in self._read:
            found = self._read[key]
            return None if found is None else found.version
        return super().stored_version(kind, identity)

    def _line(self, kind: type[Record], identity: int) -> bytes | None:
        key = (kind.TABLE, identity)
        if key in self._written:
            written = self._written[key]
            return None if written is None else written[0]
        return super()._line(kind, identity)

    def _ids(self, kind: type[Record]) -> Iterable[int]:
        own = {identity for table, identity in self._written if table == kind.TABLE}
        if not own:
            return super()._ids(kind)
        kept = {identity for identity in own if self._written[(kind.TABLE, identity)] is not None}
        return sorted((set(super()._ids(kind)) - own) | kept)

    def _having(self, kind: type[Record], column: str, key: int) -> Iterable[int]:
        return self._with_own(kind, super()._having(kind, column, key), column, lambda each: each == key)

    def _up_to(self, kind: type[Record], column: str, moment: datetime) -> Iterable[int]:
        latest = key_of(moment)
        return self._with_own(kind, super()._up_to(kind, column, moment), column, lambda each: each <= latest)

    def _with_own(
        self, kind: type[Record], found: Iterable[int], column: str, fits: Callable[[int], bool]
    ) -> Iterable[int]:
        if not self._written:
            return found
        own = {
            identity
            for (table, identity), written in self._written.items()
            if table == kind.TABLE
            and written is not None
            and any(name == column and fits(key) for name, key in keys_of(written[1]))
        }
        return sorted({*found, *own}) if own else found

    def _next_document_id(self, kind: type[Record]) -> int:
        return self.next_id(kind)

    def _write_documents(self, kind: type[Record], changed: Mapping[int, dict[str, Any] | None]) -> None:
        """Write what a TinyDB operation changed: all of it, or nothing if one document is not a record of its kind."""
        written: dict[int, tuple[bytes, Record] | None] = {}
        for identity, document in changed.items():
            if document is None:
                written[identity] = None
                continue
            stored = self._stored(kind, identity)
            numbered = {**document, "id": identity, "version": (stored.version if stored else 0) + 1}
            try:
                record = opened(from_json(kind, msgspec.json.encode(numbered)), self._vault.open)
            except msgspec.MsgspecError as error:
                raise ValueError(f"Document {identity} is not a {kind.WORD}: {error}.") from error
            written[identity] = (self._sealed_line(record) if kind.SECRETS else to_json(record), record)
        for identity, each in written.items():
            self._write(kind, identity, each, was_there=self._stored(kind, identity) is not None)


def subject_of(record: Record) -> str:
    """Return how the action log names a record: `connector 3`."""
    return f"{record.WORD} {record.id}"
