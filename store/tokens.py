"""Bearer tokens of the platform side: made, shown once, kept as a hash, revoked; each knows when it was last used.

A token is 256 random bits, so one round of SHA-256 hides it: there is nothing to guess from a list. Several tokens may
have one name: they are one caller, and a new one can be in use before the old one is revoked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from tinydb import where

from store.actors import Actor
from store.errors import NotPermitted, ProblemItem, Problems, Refused
from store.records import Record

if TYPE_CHECKING:
    from store.store import Transaction, View

PREFIX = "gwt_"
"""What every token begins with, so that whoever finds one in a file or a log knows what it is."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
USE_NOTED_EVERY = timedelta(minutes=1)
"""How exact "last used" is: a use within this time of the last noted one is not written down."""


class Token(Record, frozen=True, kw_only=True):
    """One bearer token of the caller `name`. `token_hash` is the SHA-256 of its text, in hex."""

    TABLE: ClassVar[str] = "tokens"
    WORD: ClassVar[str] = "token"

    name: str
    token_hash: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def __repr__(self) -> str:
        """Return the token without its hash."""
        return f"Token(id={self.id}, name={self.name!r})"

    @property
    def actor(self) -> Actor:
        """The caller as somebody who acts, at root reseller level."""
        return Actor(f"platform {self.name}")


def create(tx: Transaction, by: Actor, name: str) -> tuple[Token, str]:
    """Make a token and return it with its text, which is kept nowhere. Raises Problems, NotPermitted."""
    by.need_full_control()
    by.need_root("Bearer tokens")
    name = name.strip()
    if not NAME.fullmatch(name):
        raise Problems(
            (
                ProblemItem(
                    "Name",
                    "is 1 to 64 letters, digits, blanks, points, _ or -, a letter or digit first; "
                    "write who calls with the token, shop for example.",
                ),
            )
        )
    text = PREFIX + tx.ids.token_secret()
    made = tx.put(Token(id=tx.next_id(Token), name=name, token_hash=_hash(text), created_at=tx.now, created_by=by.name))
    tx.log(by, "token created", f"token {made.id}", name)
    return made, text


def visible_to(view: View, by: Actor) -> list[Token]:
    """Return every token, the revoked ones included, by id. Raises NotPermitted below the root reseller."""
    by.need_root("Bearer tokens")
    return list(view.all(Token))


def revoke(tx: Transaction, by: Actor, token_id: int) -> Token:
    """End a token at once. Raises Refused if it is revoked already, NotFound, NotPermitted."""
    by.need_full_control()
    by.need_root("Bearer tokens")
    token = tx.get(Token, token_id)
    if token.revoked_at is not None:
        raise Refused(f"Token {token_id} was revoked already, by {token.revoked_by}.")
    revoked = tx.put(replace(token, revoked_at=tx.now, revoked_by=by.name))
    tx.log(by, "token revoked", f"token {token_id}", token.name)
    return revoked


def bearer(view: View, text: str) -> Token:
    """Return the token of this text. Raises NotPermitted for one that is not known or was revoked."""
    hashed = _hash(text)
    # The index is asked for a hash of the hash, which tells nothing of the token; the hash itself is compared below.
    for each in view.search(Token, where("token_hash") == hashed):
        if hmac.compare_digest(each.token_hash, hashed) and each.revoked_at is None:
            return each
    raise NotPermitted("The bearer token is not known, or it was revoked.")


def use_is_worth_noting(token: Token, now: datetime) -> bool:
    """Say whether so much time has passed since the last noted use that this one is to be written down."""
    return token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY


def note_use(tx: Transaction, token_id: int) -> None:
    """Write down that a token was used now, unless that was done just before. Raises NotFound."""
    token = tx.get(Token, token_id)
    if use_is_worth_noting(token, tx.now):
        tx.put(replace(token, last_used_at=tx.now))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
