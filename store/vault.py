"""Texts made unreadable without the key: AES-256-GCM, each bound to the place where it stands.

A sealed text names the key that it was sealed with, so that a wrong key is told as such. Moved to another record or
field, or changed, it cannot be opened.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import KeyNotUsable, StoreNotUsable
from store.key_file import VARIABLE, FileKey, KeyFile

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED = "sealed:1:"
"""How every sealed text begins; the key's id, a colon and the rest in base64 follow."""
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """Where a sealed text stands."""

    table: str
    id: int
    field: str

    def __str__(self) -> str:
        """Return the place for people."""
        return f"{self.field} of record {self.id} of table {self.table}"


class Vault:
    """Seals and opens the texts of one store. Safe to use from several threads; the key is read when first needed."""

    def __init__(
        self, folder: Path, key_file: KeyFile | None = None, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._folder = folder
        self._key_file = key_file
        self._random_bytes = random_bytes
        self._mutex = threading.Lock()
        self._key: FileKey | None = None
        self._ciphers: dict[str, AESGCM] = {}

    @property
    def key_path(self) -> Path:
        """Where the key is looked for."""
        return self._file().path

    def new_key(self) -> str:
        """Return the id of the key that a store without any is sealed with from now on; made if there is none.

        Raises KeyNotUsable.
        """
        with self._mutex:
            self._key = self._outside(self._file()).read_or_make()
            return self._key.id

    def need(self, key_id: str) -> None:
        """Have the key of this id. Raises KeyNotUsable if it is missing, another one, or open to others."""
        with self._mutex:
            self._need(key_id)

    def seal(self, key_id: str, place: SealedPlace, text: str) -> str:
        """Return a text sealed with the key of this id. Raises KeyNotUsable."""
        nonce = self._random_bytes(NONCE_BYTES)
        sealed = self._cipher_of(key_id).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bound_to(place, key_id))
        return f"{SEALED}{key_id}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, place: SealedPlace, sealed: str) -> str:
        """Return what was sealed for this place.

        Raises KeyNotUsable without its key, StoreNotUsable if it was changed or sealed for another place.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only who reads a secret needs it

        key_id, _, encoded = sealed.removeprefix(SEALED).partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
            plain = self._cipher_of(key_id).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(place, key_id))
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise StoreNotUsable(
                self._folder,
                f"the {place} cannot be decrypted with key {key_id}: it was changed, or comes from another place. "
                "Put a backup in its place.",
            ) from error
        return plain.decode("utf-8", "surrogatepass")

    def _cipher_of(self, key_id: str) -> AESGCM:
        with self._mutex:
            found = self._ciphers.get(key_id)
            if found is None:
                from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - the same

                found = AESGCM(self._need(key_id).secret)
                self._ciphers[key_id] = found
            return found

    def _need(self, key_id: str) -> FileKey:
        """Return the key of this id; one that is not the one read before is looked for again."""
        if self._key is not None and self._key.id == key_id:
            return self._key
        file = self._outside(self._file())
        found = file.read()
        if found is None or found.id != key_id:
            what = "is missing" if found is None else f"holds another key, {found.id}"
            raise KeyNotUsable(
                file.path,
                f"{what}. The secrets of the store in {self._folder} are encrypted with key {key_id}, and without it "
                f"they cannot be read. Put a copy of that key's file there, or name its place in {VARIABLE}.",
            )
        self._key = found
        return found

    def _outside(self, file: KeyFile) -> KeyFile:
        if file.path.resolve().is_relative_to(self._folder.resolve()):
            raise KeyNotUsable(
                file.path,
                "the key is in the store's own folder, so whoever copies that has the secrets, too. "
                f"Keep it elsewhere and name its place in {VARIABLE}.",
            )
        return file

    def _file(self) -> KeyFile:
        if self._key_file is None:
            self._key_file = KeyFile()
        return self._key_file


def _bound_to(place: SealedPlace, key_id: str) -> bytes:
    return json.dumps([SEALED, key_id, place.table, place.id, place.field]).encode()
