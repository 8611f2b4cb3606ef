from __future__ import annotations

import re

from store import tokens
from store.store import open_store
from tests.tui.cli.terminal import CommandLine
from tests.tui.cli.test_shapes import MOMENT, fits

TOKEN = {
    "id": int,
    "name": str,
    "created_at": MOMENT,
    "created_by": str,
    "last_used_at": (MOMENT, type(None)),
    "revoked_at": (MOMENT, type(None)),
    "revoked_by": (str, type(None)),
    "version": int,
}
CREATE = ("token", "create", "--name", "shop")


def test_a_token_is_shown_once_and_works(gatewatch: CommandLine) -> None:
    made = gatewatch.process(*CREATE, "--json").json

    assert fits(made, TOKEN | {"token": re.compile("gwt_[0-9a-f]{64}")}), made
    assert tokens.bearer(open_store(gatewatch.folder).view(), made["token"]).id == made["id"]
    assert made["created_by"].startswith("unix user ")
    for later in (("token", "list"), ("token", "list", "--json"), ("log",), ("token", "revoke", made["id"])):
        assert made["token"] not in gatewatch(*later).out


def test_for_people_the_token_stands_alone_on_the_first_line(gatewatch: CommandLine) -> None:
    lines = gatewatch(*CREATE).out.splitlines()
    assert re.fullmatch("gwt_[0-9a-f]{64}", lines[0])
    assert "only now" in lines[2]


def test_tokens_are_listed_and_revoked(gatewatch: CommandLine) -> None:
    gatewatch(*CREATE)
    assert fits(gatewatch("token", "list", "--json").json, [TOKEN])
    revoked = gatewatch("token", "revoke", 1, "--json").json
    assert fits(revoked, TOKEN)
    assert revoked["revoked_at"] is not None
    assert "shop" in gatewatch("token", "list").out
    again = gatewatch("token", "revoke", 1, "--json")
    assert (again.code, "revoked already" in again.err) == (1, True)


def test_what_is_wrong_is_told(gatewatch: CommandLine) -> None:
    assert "no token" in gatewatch("token", "list").out
    assert gatewatch("token", "create").code == 2
    assert gatewatch("token", "create", "--name", "").code == 1
    assert gatewatch("token", "revoke", 7).code == 1
    assert gatewatch("token", "revoke", "shop").code == 2


def test_making_and_revoking_stand_in_the_action_log(gatewatch: CommandLine) -> None:
    gatewatch(*CREATE)
    gatewatch("token", "revoke", 1)
    assert [each["action"] for each in gatewatch("log", "--json").json] == ["token created", "token revoked"]
