"""What every command without a screen has: the store's folder, `--json`, who acts, and one way to write its result."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from store.actors import Actor
from tui.cli.printing import json_line, json_text
from tui.places import Place, store_place

if TYPE_CHECKING:
    from store.store import Store

P = ParamSpec("P")


@dataclass(slots=True)
class Invocation:
    """One run of the command line. Options fill it in; `stdin_taken_by` is the option that reads standard input."""

    place: Place = field(default_factory=lambda: store_place(None))
    as_json: bool = False
    stdin_taken_by: str = ""

    def store(self) -> Store:
        """Open the store, made if it is not there. Raises StoreNotUsable."""
        from store.store import open_store  # noqa: PLC0415 - `--help` and wrong usage need no store

        opened = open_store(self.place.folder)
        if opened.sealed_just_now:
            from store.sealed_store import SEALED_NOW  # noqa: PLC0415 - told once in a store's life

            click.echo(SEALED_NOW, err=True)
        return opened

    def existing_store(self) -> Store:
        """Open the store without making one. Raises StoreNotUsable if there is none."""
        from store.errors import StoreNotUsable  # noqa: PLC0415 - the same
        from store.store import Store  # noqa: PLC0415 - the same

        kept = Store(self.place.folder)
        if not kept.path.exists():
            raise StoreNotUsable(kept.path, "there is no store here; name its folder with --data or GATEWATCH_DATA.")
        return kept

    def take_stdin(self, option: str) -> None:
        """Let one option read standard input. Raises UsageError for a second one."""
        if self.stdin_taken_by:
            raise click.UsageError(f"{self.stdin_taken_by} and {option} cannot both read standard input.")
        self.stdin_taken_by = option

    def write(self, shape: object, text: Callable[[], str]) -> None:
        """Write a result: `shape` with `--json`, else `text` for people."""
        write_out(json_text(shape) if self.as_json else text())

    def write_line(self, shape: object, text: Callable[[], str]) -> None:
        """Write one of several results that come one after another: a line of JSON, or of text."""
        write_out(json_line(shape) if self.as_json else text())


class NotWritten(click.ClickException):
    """Standard output did not take the result; what the command did stands."""

    exit_code = 74  # EX_IOERR of sysexits.h: neither refused nor wrong usage


def write_out(text: str) -> None:
    """Write a text and a line end to standard output. Raises BrokenPipeError, NotWritten."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        silence_output()
        raise NotWritten(f"standard output: {error.strerror}. What was asked for is done, but not shown.") from error


def silence_output() -> None:
    """Let what is still to be flushed at the end go nowhere, so that leaving says nothing more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def acting() -> Actor:
    """Return who acts on the command line: the Unix user, at root reseller level."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Actor(f"unix user {name}")


def current() -> Invocation:
    """Return the invocation of the running command."""
    found = click.get_current_context().find_object(Invocation)
    if found is None:
        raise RuntimeError("A command runs outside its program.")
    return found


def headless(command: Callable[Concatenate[Invocation, P], None]) -> Callable[P, None]:
    """Give a command `--json` and `--data`, and hand it its invocation as first argument."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        command(current(), *args, **kwargs)

    return data_option(json_option(run))


def json_option(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option `--json`."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_use_json, help="Write JSON, for programs."
    )(command)


def data_option(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option `--data`; it may stand before or after the command's name."""
    return click.option(
        "--data",
        metavar="DIR",
        expose_value=False,
        callback=_use_folder,
        help="The store's folder [else GATEWATCH_DATA, else the user's data folder].",
    )(command)


def _use_json(_context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's form
    if value:
        current().as_json = True


def _use_folder(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        if not value:
            raise click.BadParameter("is empty; name a folder.")
        current().place = store_place(value)
