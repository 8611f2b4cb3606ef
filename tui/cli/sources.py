"""Where texts and secrets come from: a file, standard input or the environment. A secret is never an argument."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import click

from tui.cli.invocation import current

P = ParamSpec("P")
STANDARD_INPUT = "-"
MOST_BYTES = 1_048_576
"""How much is read of a file at most; what is too long is said by whoever reads the text, at a far lower limit."""


class TextSource:
    """A file that an option names, or standard input; read only once the whole command line is known to be right."""

    def __init__(self, option: str, path: str) -> None:
        self.option = option
        self.path = path

    def read(self) -> str:
        """Return the text. Raises UsageError for a file that cannot be read or is not UTF-8."""
        try:
            if self.path == STANDARD_INPUT:
                content = sys.stdin.buffer.read(MOST_BYTES)
            else:
                with Path(self.path).open("rb") as file:
                    content = file.read(MOST_BYTES)
        except OSError as error:
            raise click.UsageError(f"{self.option}: {self.path!r} cannot be read: {error.strerror}.") from error
        try:
            # a text that is cut at the limit may end within a character
            return codecs.getincrementaldecoder("utf-8")().decode(content, final=len(content) < MOST_BYTES)
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{self.option}: not a UTF-8 text (byte {error.start}: {error.reason}).") from error

    def read_secret(self) -> str:
        """Return the text without the line end that an editor or `echo` put there."""
        return self.read().removesuffix("\n").removesuffix("\r")


class TextFile(click.ParamType[TextSource]):
    """The type of an option that names a file or, as `-`, standard input."""

    name = "FILE|-"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> TextSource:
        """Return the source, and take standard input for it if it is `-`."""
        if isinstance(value, TextSource):
            return value
        option = param.opts[0] if param is not None else self.name
        if not value:
            self.fail("is empty; name a file.", param, ctx)
        if value == STANDARD_INPUT:
            current().take_stdin(option)
        return TextSource(option, str(value))


TEXT_FILE = TextFile()


def secret_options(word: str, variable: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Give a command `--WORD-stdin` and `--WORD-file`, with an environment variable behind them, as `word`_source."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        command = click.option(
            f"--{word}-file", f"{word}_file", type=TEXT_FILE, help=f"Read the {word} from a file [else {variable}]."
        )(command)
        return click.option(
            f"--{word}-stdin",
            f"{word}_stdin",
            is_flag=True,
            callback=_take,
            help=f"Read the {word} from standard input.",
        )(command)

    return decorate


def _take(_context: click.Context, option: click.Parameter, value: bool) -> TextSource | None:  # noqa: FBT001 - click's form
    if not value:
        return None
    current().take_stdin(option.opts[0])
    return TextSource(option.opts[0], STANDARD_INPUT)


def secret_from(stdin: TextSource | None, file: TextSource | None, *, word: str, environment: str | None) -> str | None:
    """Return the secret of a command with `secret_options`, None if nothing gives one.

    Raises UsageError for two sources, or for one that is empty.
    """
    if stdin is not None and file is not None:
        raise click.UsageError(f"--{word}-stdin and --{word}-file cannot both give the {word}.")
    source = stdin or file
    if source is None:
        return environment or None
    secret = source.read_secret()
    if not secret:
        raise click.UsageError(f"{source.option}: there is no {word} in it.")
    return secret
