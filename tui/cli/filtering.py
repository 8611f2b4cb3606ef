"""The option `--filter` of commands that list or watch, in the language of the panel's `/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import click

from tui.filters import FilterProblem

P = ParamSpec("P")


def filter_option(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option `--filter`, as `filter_text`."""
    return click.option(
        "--filter",
        "filter_text",
        default="",
        metavar="FILTER",
        help="Only what fits, as in the panel: 'status:processing connector:stripe total>100 older:5m', for example.",
    )(command)


@contextmanager
def filter_problems() -> Iterator[None]:
    """Turn a filter that cannot be read into wrong usage that says where it is wrong."""
    try:
        yield
    except FilterProblem as error:
        raise click.BadParameter(str(error), param_hint="--filter") from error
