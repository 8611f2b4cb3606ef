"""How an alert reaches a person who looks elsewhere: the bell, OSC 9, and a command of theirs.

OSC 9 is a notification in terminals that know it and nothing in others; GNU screen and tmux pass it only wrapped. The
command gets the alert in its environment, no standard input and no terminal, and half a minute.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping

from tui.alerts import Alert
from tui.plain_text import safe

COMMAND_SECONDS = 30.0
LONGEST_TEXT = 200
BELL = "\a"
_ESCAPE = "\x1b"


def rings(alert: Alert, *, bell: bool, environment: Mapping[str, str]) -> str:
    """Return what is written to the terminal for an alert that has begun, outside its quiet hours."""
    notification = f"{_ESCAPE}]9;Gatewatch: {safe(alert.text)[:LONGEST_TEXT]}{BELL}"
    return (BELL if bell else "") + _passed_on(notification, environment)


def _passed_on(sequence: str, environment: Mapping[str, str]) -> str:
    """Wrap a sequence for the multiplexer that the panel runs in, if any."""
    if environment.get("TMUX"):
        return f"{_ESCAPE}Ptmux;{sequence.replace(_ESCAPE, _ESCAPE * 2)}{_ESCAPE}\\"
    if environment.get("STY"):
        return f"{_ESCAPE}P{sequence}{_ESCAPE}\\"
    return sequence


async def run_command(alert: Alert, environment: Mapping[str, str]) -> str:
    """Run a rule's command and return what went wrong, empty if nothing did.

    GATEWATCH_ALERT has the rule's name, GATEWATCH_ALERT_TEXT what is said, GATEWATCH_ALERT_CONNECTOR the ID.
    """
    told = {
        "GATEWATCH_ALERT": alert.name,
        "GATEWATCH_ALERT_TEXT": safe(alert.text),
        "GATEWATCH_ALERT_CONNECTOR": str(alert.connector_id or ""),
    }
    what = f"the command of alert {alert.name}"
    try:
        process = await asyncio.create_subprocess_exec(
            *alert.rule.command,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env={**environment, **told},
            start_new_session=True,
        )
    except OSError as error:
        return f"{what} cannot be run: {error.strerror}: {alert.rule.command[0]}"
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            code = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{what} did not end within {COMMAND_SECONDS:g} s and was killed"
    except asyncio.CancelledError:
        process.kill()
        raise
    return f"{what} ended with {code}" if code else ""
