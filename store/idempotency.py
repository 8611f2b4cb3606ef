"""What was done under a caller's `Idempotency-Key`, kept so that a repeated request gets the same result again.

The result is kept in the transaction that did it: after a crash either both are there or neither. A request that was
refused changed nothing and is not kept; repeated, it is judged anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from tinydb import where

from store.errors import Refused
from store.records import Record

if TYPE_CHECKING:
    from store.store import Transaction

KEPT_FOR = timedelta(days=30)
"""How long a key is remembered; after that it is a new one."""
FORGOTTEN_AT_ONCE = 1000
"""How many keys one transaction forgets at the most, so that no other writer waits long for it."""


class KeyReused(Refused):
    """The key came before with another request; nothing was done."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"The Idempotency-Key {key!r} was used before for another request; a new request needs a new key."
        )


class KeptResult(Record, frozen=True, kw_only=True):
    """The first result of one key of one caller: `status` and `body` as they were answered.

    `asked` is the SHA-256, in hex, of what was asked for.
    """

    TABLE: ClassVar[str] = "kept_results"
    WORD: ClassVar[str] = "kept result"

    caller: str
    key: str
    asked: str
    status: int
    body: str
    kept_at: datetime
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What a request is answered with; `repeated` says that it was done before, and nothing was done now."""

    status: int
    body: str
    repeated: bool = False


def once(tx: Transaction, caller: str, key: str, asked: object, act: Callable[[], tuple[int, str]]) -> Result:
    """Do `act` and keep the status and body that it returns; for a key that came before, return what was kept.

    `asked` is all that tells one request from another, as JSON values. Raises KeyReused, and what `act` raises; nothing
    is kept then.
    """
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    for each in tx.search(KeptResult, (where("key") == key) & (where("caller") == caller)):
        if tx.now < each.kept_until:
            if each.asked != fingerprint:
                raise KeyReused(key)
            return Result(each.status, each.body, repeated=True)
    status, body = act()
    tx.put(
        KeptResult(
            id=tx.next_id(KeptResult),
            caller=caller,
            key=key,
            asked=fingerprint,
            status=status,
            body=body,
            kept_at=tx.now,
            kept_until=tx.now + KEPT_FOR,
        )
    )
    return Result(status, body)


def forget_old(tx: Transaction) -> int:
    """Forget keys whose time is over, `FORGOTTEN_AT_ONCE` at the most; return how many."""
    old = [each for each in tx.up_to(KeptResult, "kept_until", tx.now) if each.kept_until <= tx.now]
    for each in old[:FORGOTTEN_AT_ONCE]:
        tx.remove(each)
    return len(old[:FORGOTTEN_AT_ONCE])
