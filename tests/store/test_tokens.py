from __future__ import annotations

import pytest

from store import tokens
from store.action_log import LogLine
from store.actors import Actor
from store.errors import NotFound, NotPermitted, Problems, Refused
from store.outside import SystemIds
from store.store import Store, open_store
from store.tokens import PREFIX, Token
from tests.makers import ANNA, FixedClock, content_of

READER = Actor("reader@example.com", full_control=False)
BELOW = Actor("below@example.com", reseller_id=2)


def create(store: Store, name: str = "shop") -> tuple[Token, str]:
    with store.transaction() as tx:
        return tokens.create(tx, ANNA, name)


def revoke(store: Store, token_id: int) -> Token:
    with store.transaction() as tx:
        return tokens.revoke(tx, ANNA, token_id)


def test_a_token_is_known_by_its_text_and_acts_under_its_name(store: Store) -> None:
    made, text = create(store, " shop ")

    found = tokens.bearer(store.view(), text)

    assert (found, found.actor.name) == (made, "platform shop")
    assert text.startswith(PREFIX)


def test_a_token_has_256_random_bits() -> None:
    secrets = {SystemIds().token_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(bytes.fromhex(each)) == 32 for each in secrets)


def test_neither_the_text_nor_its_secret_is_kept_anywhere(store: Store) -> None:
    made, text = create(store)
    store.checkpoint()
    create(store, "second")

    kept = content_of(store.folder)

    assert text.encode() not in kept
    assert text.removeprefix(PREFIX).encode() not in kept
    assert made.token_hash not in repr(made)


@pytest.mark.parametrize("text", ["", "x", PREFIX, PREFIX + "0" * 64, "\udcff", "é"])
def test_any_other_text_is_refused(store: Store, text: str) -> None:
    create(store)
    with pytest.raises(NotPermitted, match="not known, or it was revoked"):
        tokens.bearer(store.view(), text)


def test_the_hash_of_a_token_is_no_token(store: Store) -> None:
    made, _ = create(store)
    with pytest.raises(NotPermitted):
        tokens.bearer(store.view(), made.token_hash)


def test_a_revoked_token_is_refused_also_after_a_checkpoint_and_others_go_on(store: Store) -> None:
    first, text = create(store)
    _, other = create(store)
    store.checkpoint()
    revoked = revoke(store, first.id)

    assert (revoked.revoked_at, revoked.revoked_by) == (store.clock(), ANNA.name)
    with pytest.raises(NotPermitted):
        tokens.bearer(open_store(store.folder).view(), text)
    assert tokens.bearer(store.view(), other).name == "shop"


def test_a_token_is_revoked_once(store: Store) -> None:
    made, _ = create(store)
    revoke(store, made.id)
    with pytest.raises(Refused, match=r"revoked already, by anna@example\.com"):
        revoke(store, made.id)
    with pytest.raises(NotFound):
        revoke(store, 99)


@pytest.mark.parametrize("name", ["", "  ", "-shop", "a\nb", "\u202eshop", "x" * 65])
def test_a_name_that_does_not_fit_is_refused_and_nothing_is_made(store: Store, name: str) -> None:
    with pytest.raises(Problems, match="Name"):
        create(store, name)
    assert store.view().count(Token) == 0


@pytest.mark.parametrize("actor", [READER, BELOW])
def test_tokens_are_for_managers_of_the_root_reseller_with_full_control(store: Store, actor: Actor) -> None:
    made, _ = create(store)
    with store.transaction() as tx:
        with pytest.raises(NotPermitted):
            tokens.create(tx, actor, "shop")
        with pytest.raises(NotPermitted):
            tokens.revoke(tx, actor, made.id)
    with pytest.raises(NotPermitted):
        tokens.visible_to(store.view(), BELOW)
    assert tokens.visible_to(store.view(), ANNA) == [made]


def test_who_made_and_revoked_a_token_stands_in_the_action_log(store: Store) -> None:
    made, text = create(store)
    revoke(store, made.id)

    lines = list(store.view().all(LogLine))

    assert [(each.by, each.action, each.subject, each.text) for each in lines] == [
        (ANNA.name, "token created", "token 1", "shop"),
        (ANNA.name, "token revoked", "token 1", "shop"),
    ]
    assert text not in str(lines)


def test_a_use_is_written_down_at_most_once_a_minute(store: Store, clock: FixedClock) -> None:
    made, text = create(store)
    moments = []
    for seconds in (0, 30, 29, 1):
        clock.advance(seconds=seconds)
        with store.transaction() as tx:
            tokens.note_use(tx, made.id)
        moments.append(tokens.bearer(store.view(), text).last_used_at)

    assert moments[0] == moments[1] == moments[2] == made.created_at
    assert moments[3] == clock.now
    assert tokens.bearer(store.view(), text).version == 3
