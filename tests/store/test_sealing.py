from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from tinydb import TinyDB, where

from store import connectors, methods
from store.connectors import Connector, ConnectorForm
from store.errors import KeyNotUsable, StoreNotUsable
from store.key_file import KeyFile
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.sealing import STORE_KEY_ID, StoreKey, sealed_text
from store.store import open_store
from store.upkeep import backup, check
from store.vault import SEALED, SealedPlace, Vault
from tests.makers import ANNA, Shop, content_of
from tests.store.processes import ROOT

PLACE = SealedPlace("connectors", 3, "shared_key")
SCHEMA = '[{"type": "password", "key": "pin"}, {"type": "string", "key": "shop"}, {"type": "checkbox", "key": "also", \
"options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}]'
SETTINGS = {"pin": "planted-pin-0815", "shop": "planted-shop-1234", "also": ["a", "b"]}
SECRETS = (
    "planted-shared-key-1",
    "planted-shared-key-2",
    "planted-static-value",
    "planted-pin-0815",
    "planted-shop-1234",
)


def vault(tmp_path: Path) -> tuple[Vault, str]:
    found = Vault(tmp_path / "store", KeyFile(tmp_path / "store.key"))
    return found, found.new_key()


def furnish(shop: Shop) -> tuple[Connector, PaymentMethod]:
    """Make a connector with every kind of secret, rotated, and a method on it."""
    form = ConnectorForm(
        name="Iris",
        url="https://iris.example.com/pay",
        schema_text=SCHEMA,
        static_text='{"token": "planted-static-value"}',
        shared_key="planted-shared-key-1",
    )
    made = shop.do(lambda tx: connectors.create(tx, ANNA, form))
    changed = structs.replace(made, shared_key="planted-shared-key-2", previous_key=made.shared_key)
    connector = shop.do(lambda tx: tx.put(changed))
    method = MethodForm(name="Iris card", connector_id=made.id, settings=SETTINGS)
    return connector, shop.do(lambda tx: methods.create(tx, ANNA, method))


def in_other_forms(secret: str) -> list[bytes]:
    """Return a secret as it is, in hex, and in base64 at each place where it can begin in a longer text."""
    raw = secret.encode()
    encoded = [base64.b64encode(b"x" * skipped + raw)[4 if skipped else 0 : -4] for skipped in range(3)]
    return [raw, raw.hex().encode(), *encoded]


def test_what_was_sealed_opens_at_its_place_only(tmp_path: Path) -> None:
    found, key_id = vault(tmp_path)
    text = found.seal(key_id, PLACE, "a secret, schlüssel \ud800")
    assert found.open(PLACE, text) == "a secret, schlüssel \ud800"
    for other in (replace(PLACE, table="payment_methods"), replace(PLACE, id=4), replace(PLACE, field="previous_key")):
        with pytest.raises(
            StoreNotUsable, match=f"{other.field} of record {other.id} of table {other.table} cannot be"
        ):
            found.open(other, text)


def test_the_same_text_is_never_sealed_the_same_way_twice(tmp_path: Path) -> None:
    found, key_id = vault(tmp_path)
    assert len({found.seal(key_id, PLACE, "the same") for _ in range(100)}) == 100


@pytest.mark.parametrize("what", ["nonce", "text", "end", "base64", "empty"])
def test_what_was_changed_cannot_be_opened(tmp_path: Path, what: str) -> None:
    found, key_id = vault(tmp_path)
    head, encoded = found.seal(key_id, PLACE, "a secret").rsplit(":", 1)
    raw = bytearray(base64.b64decode(encoded))
    raw[{"nonce": 0, "text": 13}.get(what, -1)] ^= 1
    broken = {"base64": encoded[:-2] + "!!", "empty": ""}.get(what, base64.b64encode(raw).decode())
    with pytest.raises(StoreNotUsable, match="it was changed, or comes from another place"):
        found.open(PLACE, f"{head}:{broken}")


def test_no_file_of_a_store_or_of_its_backup_holds_a_secret_in_any_form(shop: Shop, tmp_path: Path) -> None:
    furnish(shop)
    in_journal = content_of(shop.store.folder)
    shop.store.checkpoint()
    backup(shop.store, tmp_path / "backup")
    for folder in (shop.store.folder, tmp_path / "backup"):
        written = in_journal + b"".join(each.read_bytes() for each in folder.iterdir() if each.is_file())
        assert [each for each in SECRETS for form in in_other_forms(each) if form in written] == []
        assert written.count(SEALED.encode()) > 8


def test_in_memory_secrets_are_plain_and_no_repr_holds_them(shop: Shop) -> None:
    connector, method = furnish(shop)
    view = open_store(shop.store.folder).view()
    assert view.get(Connector, connector.id) == connector
    assert view.get(PaymentMethod, method.id).settings == SETTINGS
    shown = repr([view.get(Connector, connector.id), view.get(PaymentMethod, method.id), view, shop.store.vault])
    assert not [each for each in SECRETS if each in shown]


def test_stock_tinydb_opens_the_checkpoint_and_finds_sealed_texts(shop: Shop) -> None:
    connector, method = furnish(shop)
    shop.store.checkpoint()
    with TinyDB(shop.store.path) as stock:
        found = stock.table("connectors").get(where("name") == "Iris")
        assert found is not None
        assert all(str(found[name]).startswith(SEALED) for name in Connector.SECRETS)
        row = stock.table("payment_methods").get(doc_id=method.id)
        assert row is not None
        assert list(row["settings"]) == ["*"]
        assert stock.table("connectors").get(doc_id=connector.id)["url"] == "https://iris.example.com/pay"


def test_a_document_written_through_the_table_is_sealed(shop: Shop) -> None:
    with shop.store.transaction() as tx:
        tx.table(Connector).update({"static_text": '{"token": "planted-static-value"}'}, doc_ids=[shop.connector.id])
    assert b"planted-static-value" not in shop.content()
    changed = shop.store.view().get(Connector, shop.connector.id)
    assert changed.static_text == '{"token": "planted-static-value"}'
    assert changed.shared_key == shop.connector.shared_key


def test_a_sealed_text_moved_to_another_record_is_found_by_the_check(shop: Shop) -> None:
    connector, _ = furnish(shop)
    line = shop.store.view().image.get("connectors", connector.id)
    assert line is not None
    stolen = msgspec.json.decode(line)["shared_key"]
    with pytest.raises(StoreNotUsable, match="comes from another place"), shop.store.transaction() as tx:
        tx.table(Connector).update({"shared_key": stolen}, doc_ids=[shop.connector.id])
    shop.store.checkpoint()
    line_of_first = shop.store.view().image.get("connectors", shop.connector.id)
    assert line_of_first is not None
    own = msgspec.json.decode(line_of_first)["shared_key"]
    assert len(own) > len(stolen)
    padded = stolen + " " * (len(own) - len(stolen))  # every record keeps its place
    shop.store.path.write_bytes(shop.store.path.read_bytes().replace(own.encode(), padded.encode()))
    found = check(open_store(shop.store.folder)).problems
    assert any("shared_key of record 1 of table connectors cannot be decrypted" in each for each in found)


@pytest.mark.parametrize("what", ["missing", "another"])
def test_without_its_key_a_store_is_not_opened_and_gets_no_new_one(shop: Shop, tmp_path: Path, what: str) -> None:
    own = shop.store.view().get(StoreKey, STORE_KEY_ID).key_id
    elsewhere = KeyFile(tmp_path / "elsewhere.key")
    if what == "another":
        elsewhere.read_or_make()
    with pytest.raises(KeyNotUsable) as caught:
        open_store(shop.store.folder, key_file=elsewhere)
    for part in (str(elsewhere.path), str(shop.store.folder), own, "GATEWATCH_KEY_FILE", "cannot be read"):
        assert part in str(caught.value)
    assert elsewhere.path.exists() == (what == "another")
    shop.store.vault._key_file = elsewhere
    shop.store.vault._key = None
    shop.store.vault._ciphers.clear()
    before = shop.content()
    with pytest.raises(KeyNotUsable):
        shop.do(lambda tx: tx.put(structs.replace(shop.connector, name="New")))
    assert shop.content() == before
    assert check(shop.store).problems[0] == str(caught.value)


def test_a_key_that_is_put_in_its_place_again_is_used_by_those_who_run(
    shop: Shop, tmp_path: Path, key_file: Path
) -> None:
    place = KeyFile(tmp_path / "store.key")
    place.read_or_make()
    shop.store.vault._key_file = place
    shop.store.vault._key = None
    shop.store.vault._ciphers.clear()
    with pytest.raises(KeyNotUsable, match="holds another key"):
        shop.store.view().get(Connector, 1)
    place.path.write_bytes(key_file.read_bytes())
    assert shop.store.view().get(Connector, 1) == shop.connector


def test_a_key_in_the_stores_own_folder_is_refused(shop: Shop, tmp_path: Path, key_file: Path) -> None:
    for folder in (shop.store.folder, tmp_path / "new"):
        inside = KeyFile(folder / "store.key")
        with pytest.raises(KeyNotUsable, match="in the store's own folder"):
            Vault(folder, inside).new_key()
    shop.store.folder.joinpath("store.key").write_bytes(key_file.read_bytes())
    with pytest.raises(KeyNotUsable, match="in the store's own folder"):
        open_store(shop.store.folder, key_file=KeyFile(shop.store.folder / "store.key"))


def test_a_store_without_secrets_needs_no_key(tmp_path: Path) -> None:
    nowhere = KeyFile(tmp_path / "no" / "store.key")
    store = open_store(tmp_path / "store", key_file=nowhere)
    assert check(store).problems == ()
    assert not nowhere.path.parent.exists()


def test_payments_cost_no_import_of_cryptography(shop: Shop) -> None:
    program = (
        "import sys; from pathlib import Path; from store.store import open_store; from store.payments import Payment; "
        "from tests.makers import make_payment; store = open_store(Path(sys.argv[1]))\n"
        "with store.transaction() as tx: make_payment(tx, 1)\n"
        "print(sorted(each for each in sys.modules if each.startswith('cryptography')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(shop.store.folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_a_sealed_text_is_told_from_a_plain_one() -> None:
    assert sealed_text(f"{SEALED}k:x") == f"{SEALED}k:x" == sealed_text({"*": f"{SEALED}k:x"})
    assert [sealed_text(each) for each in ("plain", "", {}, {"*": "plain"}, {"*": f"{SEALED}", "b": 1}, None)] == [
        None
    ] * 6
