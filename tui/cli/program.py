"""The program `gatewatch`: which commands there are, and how a run ends.

Exit codes: 0 done, 1 refused (the reason on standard error), 2 wrong usage, 3 store not usable, 74 the result could
not be written, 130 interrupted, 141 the reader of a pipe went away. A command's module is loaded when it is called.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from io import TextIOWrapper
from types import MappingProxyType
from typing import NoReturn

import click

from store.crash_report import tell_no_values
from store.errors import Problems, StoreError, StoreNotUsable
from tui.cli.invocation import Invocation, current, data_option, json_option, silence_output, write_out
from tui.cli.printing import json_text
from tui.plain_text import safe
from tui.theme_names import THEME_NAMES

REFUSED = 1
NOT_USABLE = 3
LONGEST_REFUSAL = 20_000
"""How much of a refusal is told, in characters: many sentences, never an endless text."""
INTERRUPTED = 130
READER_GONE = 141

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "connector": "tui.cli.connector:connector",
        "method": "tui.cli.method:method",
        "account": "tui.cli.account:account",
        "payment": "tui.cli.payment:payment",
        "answer": "tui.cli.answer:answer",
        "charge": "tui.cli.charge:charge",
        "manager": "tui.cli.manager:manager",
        "reseller": "tui.cli.reseller:reseller",
        "token": "tui.cli.token:token",
        "store": "tui.cli.store:store",
        "log": "tui.cli.log:log",
        "config": "tui.cli.config:config",
        "demo": "tui.cli.demo:demo",
    }
)
"""Every command by its name, and where it is: `module:attribute`, in the order of `--help`."""


class Program(click.Group):
    """The outermost command: it finds the others, and is the one place where errors of the store end a run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's form
        """Return the names of the commands, as `--help` lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's form
        """Load a command, None if there is none of this name."""
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, attribute = where.split(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse arguments that are no text at all, then read them."""
        for each in args:
            if not each.isascii() and any("\ud800" <= character <= "\udfff" for character in each):
                raise click.UsageError(f"An argument is not UTF-8 text: {safe(each)}", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Run the command, and end with what its error means."""
        try:
            super().invoke(ctx)
        except StoreError as error:
            _end_refused(ctx, error)
        except BrokenPipeError:
            silence_output()
            ctx.exit(READER_GONE)
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)


def _end_refused(ctx: click.Context, error: StoreError) -> NoReturn:
    invocation = ctx.find_object(Invocation)
    if isinstance(error, Problems):
        if invocation is not None and invocation.as_json:
            from tui.cli import shapes  # noqa: PLC0415 - it brings every record; a panel starts without them

            write_out(json_text(shapes.problems(error.items)))
        sentences = [str(each) for each in error.items]
    else:
        sentences = [str(error)]
    for each in sentences:
        click.echo(safe(each, keep_lines=True, limit=LONGEST_REFUSAL), err=True)
    ctx.exit(NOT_USABLE if isinstance(error, StoreNotUsable) else REFUSED)


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@data_option
@json_option
@click.option(
    "--once", is_flag=True, help="Print the payments monitor as plain text, the most urgent first, and leave."
)
@click.option("--engine", is_flag=True, help="Start an engine with the panel; it ends with it.")
@click.option("--calm", is_flag=True, help="The panel without any ticking.")
@click.option("--no-mouse", is_flag=True, help="The panel without the mouse.")
@click.option("--theme", type=click.Choice(THEME_NAMES), help="The panel's colours [auto: as the terminal has them].")
@click.version_option(package_name="gatewatch")
@click.pass_context
def gatewatch(ctx: click.Context, *, once: bool, engine: bool, calm: bool, no_mouse: bool, theme: str | None) -> None:
    """Watch over payment gateway connectors: the panel, and its commands without a screen.

    Without a command, the panel opens in the terminal.
    """
    options = (("--engine", engine), ("--calm", calm), ("--no-mouse", no_mouse), ("--theme", theme))
    for_panel = [name for name, given in options if given]
    invocation = current()
    if ctx.invoked_subcommand is not None:
        if once or for_panel:
            raise click.UsageError(f"{for_panel[0] if for_panel else '--once'} takes no command after it.", ctx)
        return
    if once:
        if for_panel:
            raise click.UsageError(f"{for_panel[0]} is for the panel; --once opens none.", ctx)
        from tui.cli.once import print_monitor  # noqa: PLC0415 - loaded when it is called

        print_monitor(invocation)
        return
    if invocation.as_json:
        raise click.UsageError("--json needs a command, or --once.", ctx)
    from tui.cli.panel import open_panel  # noqa: PLC0415 - loaded when it is called: it brings the screens

    ctx.exit(open_panel(invocation, with_engine=engine, calm=calm, mouse=not no_mouse, theme=theme))


def run() -> NoReturn:
    """Run `gatewatch` with the process's arguments and leave with its exit code (SystemExit)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 must not end a command
    tell_no_values()
    gatewatch.main(prog_name="gatewatch", obj=Invocation())
    raise SystemExit(0)
