"""How a message that was not believed is shown: secrets masked, cut, and nothing else of it taken for true.

Whatever sent it may have put anything in it: our own secrets back, card numbers, keys of somebody else. So the fields
of an answer are shown where they are well-formed, and everything else only as far as it can be no secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import islice

from gateway.errors import MalformedBody
from gateway.field_rules import ANSWER_RULES
from gateway.strict_body import JsonBody, read_body

MASK = "•••"
MAX_SHOWN_CHARACTERS = 1000
MOST_SHOWN_FIELDS = MAX_SHOWN_CHARACTERS // len('"": ""')
"""More than this many would be cut off, whatever they are, and each is looked at for every secret that there is."""
LONGEST_NAME = 64
FREE_TEXT = "message"
"""The field of an answer that may hold anything."""

# Each finds a whole run, which is then masked if it holds a digit. A pattern that asked for the digit itself would look
# at the rest of a run without one again from each of its characters, and whoever sends it would hold up everybody.
_WORDS = re.compile(r"\w+")
_LONG_TEXTS_OR_NUMBERS = re.compile(r"[A-Za-z0-9+/=_.%-]{12,}|\d(?:[ -]?\d){7,}")
"""Long texts without a blank, and eight digits or more, in groups or not."""
_DIGIT = re.compile(r"\d")


def masked(text: str, secrets: Collection[str]) -> str:
    """Return a text with these secrets masked, however JSON writes them, and with what looks like a key or a card."""
    return _LONG_TEXTS_OR_NUMBERS.sub(_masked_if_with_digit, _without(text, secrets))


def shown_reason(reason: str, secrets: Collection[str]) -> str:
    """Return why a message was not believed as it may be shown, at most `MAX_SHOWN_CHARACTERS` long."""
    return _cut(masked(reason, secrets))


def shown_body(raw: bytes, secrets: Collection[str]) -> tuple[str, str]:
    """Return a body as it may be shown, at most `MAX_SHOWN_CHARACTERS` long, and the attempt id that it names.

    The attempt id is empty if none can be read.
    """
    try:
        body = read_body(raw)
    except MalformedBody:
        # Not even its names and values can be told apart: every word with a digit goes.
        text = _without(raw.decode(errors="replace"), secrets)
        return _cut(_WORDS.sub(_masked_if_with_digit, text)), ""
    attempt_id = body.get("attempt_id", "")
    named = attempt_id if isinstance(attempt_id, str) and _is_well_formed("attempt_id", attempt_id) else ""
    shown = json.dumps(_shown_fields(body, secrets), ensure_ascii=False)
    if len(body) > MOST_SHOWN_FIELDS:
        shown += "…"
    return _cut(shown), "" if _without(named, secrets) != named else named


def _masked_if_with_digit(run: re.Match[str]) -> str:
    """Return the mask for a run that holds a digit, or that one of another script follows; any other as it is."""
    return MASK if _DIGIT.search(run.string, run.start(), run.end() + 1) else run.group()


def _shown_fields(body: JsonBody, secrets: Collection[str]) -> dict[str, str]:
    return {
        (name if name in ANSWER_RULES else masked(name[:LONGEST_NAME], secrets)): _shown_value(name, value, secrets)
        for name, value in islice(body.items(), MOST_SHOWN_FIELDS)
    }


def _shown_value(name: str, value: str | JsonBody, secrets: Collection[str]) -> str:
    if not isinstance(value, str) or name not in ANSWER_RULES:
        return MASK if value else ""
    if name == FREE_TEXT:
        return masked(value, secrets)
    return _without(value, secrets) if _is_well_formed(name, value) else masked(value, secrets)


def _is_well_formed(name: str, value: str) -> bool:
    return ANSWER_RULES[name].problem(name, value) is None


def _without(text: str, secrets: Collection[str]) -> str:
    """Return a text with every secret masked, the longest first, as it is and as JSON or a problem's text writes it."""
    for each in sorted(secrets, key=len, reverse=True):
        in_json = (json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
        for written in {each, *in_json, ascii(each)[1:-1]}:
            text = text.replace(written, MASK)
    return text


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"
