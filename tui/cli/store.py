"""`gatewatch store`: the store itself."""

from __future__ import annotations

from pathlib import Path

import click

from store import upkeep
from store.errors import Refused
from tui.cli.export import export
from tui.cli.invocation import Invocation, headless, write_out
from tui.cli.printing import json_text, shown


@click.group()
def store() -> None:
    """Check the store itself, fold its journal, back it up, export it."""


store.add_command(export)


@store.command()
@headless
def check(run: Invocation) -> None:
    """Read every record, and hold files, indexes, counts, archives and money against each other.

    Changes nothing. Exit code 1 if something is wrong, with a sentence for each thing. Only a store that is stopped
    after a failed sync is changed: if nothing is wrong, every record is written anew, and then writing goes on.
    """
    kept = run.existing_store()
    found = upkeep.check(kept)
    if run.as_json:
        shape = {
            "sound": not found.problems,
            "folder": str(kept.folder),
            "revision": found.revision,
            "records": found.records,
            "wrong": found.problems,
            "stopped": found.stopped or None,
            "written_anew": found.written_anew,
            "encrypted": not found.in_clear,
        }
        write_out(json_text(shape))
    if found.problems:
        still = [f"Writing stays stopped, since {found.stopped}."] if found.stopped else []
        raise Refused("\n".join([*found.problems, *still]))
    if not run.as_json:
        total = sum(found.records.values())
        write_out(f"{shown(str(kept.folder))}: {total:,} records were read, and every sum adds up.")
        if found.in_clear:
            write_out("An older version wrote its secrets in clear; the next command that opens it encrypts them.")
        if found.written_anew:
            write_out(f"Writing was stopped, since {shown(found.stopped)}. Every record was written anew; it goes on.")


@store.command()
@headless
def checkpoint(run: Invocation) -> None:
    """Fold the journal into gatewatch.json, which any TinyDB opens; others go on writing meanwhile.

    The store does it by itself when it is worth it.
    """
    kept = run.existing_store()
    revision = kept.checkpoint()
    size = kept.path.stat().st_size
    run.write(
        {"folder": str(kept.folder), "file": str(kept.path), "revision": revision, "bytes": size},
        lambda: f"{shown(str(kept.path))}: everything up to transaction {revision:,} is in it, {size:,} bytes.",
    )


@store.command()
@click.argument("folder", metavar="FOLDER")
@headless
def backup(run: Invocation, folder: str) -> None:
    """Write the store as it is at one moment into a new or empty folder, while others write.

    The folder is a store itself: check it with `gatewatch store check --data FOLDER`. Secrets in it are encrypted; the
    key is not in it, so keep a copy of the key file elsewhere.
    """
    made = upkeep.backup(run.existing_store(), Path(folder))
    told = [f"  {name}: {size:,} bytes" for name, size in made.files.items()]
    head = f"{made.records:,} records, up to transaction {made.revision:,}, are in {shown(folder)}:"
    run.write(
        {
            "folder": folder,
            "revision": made.revision,
            "records": made.records,
            "files": made.files,
            "encrypted": not made.in_clear,
            "key_id": made.key_id,
            "key_file": str(made.key_path) if made.key_id else None,
        },
        lambda: "\n".join([head, *told]),
    )
    click.echo(_about_secrets(made), err=True)


def _about_secrets(made: upkeep.Backup) -> str:
    if made.in_clear:
        return "It holds secrets in clear, since an older version wrote the store: keep it where only you can read it."
    if made.key_id is None:
        return "There is no secret in it."
    return (
        f"Shared keys, settings and Static JSON in it are encrypted with key {made.key_id}, which is not in it. "
        f"Without that they cannot be read: keep a copy of {shown(str(made.key_path))} somewhere else."
    )
