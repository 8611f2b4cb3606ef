"""Patterns at work: a search that keeps a time limit, and a text that a pattern fits.

A pattern runs in the `regex` module, which can stop and lets other threads run meanwhile; `re` can do neither.
"""

from __future__ import annotations

from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from store.settings_schema.pattern_syntax import (
    Assertion,
    CharacterClass,
    Choice,
    Group,
    PatternSyntaxError,
    Reference,
    Repeat,
    Sequence,
    Tree,
    parse_pattern,
)

if TYPE_CHECKING:
    import regex

SECONDS_FOR_ONE_SEARCH = 0.1
SECONDS_FOR_ONE_CHECK = 0.5

_LONGEST_SAMPLE = 65_536
_LOOKAROUNDS = ("?=", "?!", "?<=", "?<!")
_WORD = "[A-Za-z0-9_]"
_ASSERTIONS = {
    "^": r"\A",
    "$": r"\Z",
    r"\b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    r"\B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
# what a sample is made of, the plainest first; the last ones are letters beyond ASCII, for Unicode properties
_CANDIDATES = "a0Ax-_. " + "".join(map(chr, range(0x21, 0x7F))) + "\n\t\réÉßαΩяЖあア中אعक٣€ⅷ½\u00a0\u0301"


class PatternTooSlowError(Exception):
    """The pattern did not come to an end within its time limit."""


class PatternRunner:
    """Runs the patterns of one check, each with a time limit and all with one together."""

    def __init__(
        self, *, search_seconds: float = SECONDS_FOR_ONE_SEARCH, check_seconds: float = SECONDS_FOR_ONE_CHECK
    ) -> None:
        self.search_seconds = search_seconds
        self.left_seconds = check_seconds

    def fits(self, pattern: str, text: str) -> bool:
        """Say whether the pattern is found in the text; PatternTooSlowError, PatternSyntaxError."""
        compiled = compile_pattern(pattern)
        if self.left_seconds <= 0:
            raise PatternTooSlowError
        began = monotonic()
        try:
            return (
                compiled.search(text, timeout=min(self.search_seconds, self.left_seconds), concurrent=True) is not None
            )
        except TimeoutError:
            raise PatternTooSlowError from None
        finally:
            self.left_seconds -= monotonic() - began


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """Return the pattern as an expression of the `regex` module; PatternSyntaxError says what is wrong with it."""
    import regex  # noqa: PLC0415 - 30 ms, which a start of the panel need not pay

    try:
        return regex.compile(_expression(parse_pattern(pattern)), regex.VERSION0)
    except regex.error as error:
        # what the parser lets through and the module does not know is the name of a Unicode property
        raise PatternSyntaxError(0, f"the pattern is not accepted ({error})") from None


def sample_texts(pattern: str, least: int) -> list[str]:
    """Return texts that may well fit the pattern and have at least `least` characters; whoever uses one checks it.

    What lookaround asks for is not known to this: then there may be none that fits.
    """
    tree = parse_pattern(pattern)
    shortest = _sample(tree, 0, {})
    if shortest is None:
        return []
    # more repeats never make a sample shorter: find the first number of them that makes it long enough
    low, high = 0, 1
    while len(_sample(tree, high, {}) or "") < least and high < least:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if len(_sample(tree, middle, {}) or "") < least else (low, middle)
    longer = _sample(tree, low, {}) or shortest
    filling = "a" * (least - len(shortest))
    return [shortest, longer, _sample(tree, 1, {}) or "", shortest + filling, filling + shortest]


def _expression(tree: Tree) -> str:
    match tree:
        case CharacterClass():
            return _class_expression(tree)
        case Assertion():
            return _ASSERTIONS[tree.sign]
        case Sequence():
            return "".join(map(_expression, tree.parts))
        case Choice():
            return "(?:" + "|".join(map(_expression, tree.branches)) + ")"
        case Group():
            return f"({tree.opening}{_expression(tree.body)})"
        case Reference():
            # a group that took no part counts as empty
            return f"(?({tree.number})\\g<{tree.number}>|)"
        case Repeat():
            most = "" if tree.most is None else tree.most
            return f"(?:{_expression(tree.body)}){{{tree.least},{most}}}{'?' if tree.lazy else ''}"


def _class_expression(tree: CharacterClass) -> str:
    if not tree.ranges and not tree.properties:
        return r"[\s\S]" if tree.negated else r"(?!)"
    parts = [f"\\U{low:08x}" + (f"-\\U{high:08x}" if high > low else "") for low, high in tree.ranges]
    return f"[{'^' if tree.negated else ''}{''.join(parts)}{''.join(tree.properties)}]"


def _sample(tree: Tree, more: int, captured: dict[int, str]) -> str | None:
    """Return a text for a part, with `more` repeats than needed where it may repeat; None where none is found."""
    match tree:
        case CharacterClass():
            return _sample_character(tree)
        case Assertion():
            return ""
        case Sequence():
            return _joined([_sample(part, more, captured) for part in tree.parts])
        case Choice():
            texts = (_sample(branch, more, captured) for branch in tree.branches)
            return next((text for text in texts if text is not None), None)
        case Group():
            if tree.opening in _LOOKAROUNDS:
                return ""
            text = _sample(tree.body, more, captured)
            if text is not None and tree.number is not None:
                captured[tree.number] = text
            return text
        case Reference():
            return captured.get(tree.number, "")
        case Repeat():
            times = tree.least + more if tree.most is None else min(tree.most, tree.least + more)
            # one more level gets the plain number only: nested repeats would multiply
            text = _sample(tree.body, 0, captured) if times else ""
            return None if text is None or len(text) * times > _LONGEST_SAMPLE else text * times


def _joined(texts: list[str | None]) -> str | None:
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) and sum(map(len, known)) <= _LONGEST_SAMPLE else None


@lru_cache(maxsize=256)
def _sample_character(tree: CharacterClass) -> str | None:
    import regex  # noqa: PLC0415 - as above

    expression = regex.compile(_class_expression(tree), regex.VERSION0)
    starts = [chr(low) for low, _ in tree.ranges if not 0xD800 <= low <= 0xDFFF]
    return next((each for each in [*_CANDIDATES, *starts] if expression.fullmatch(each)), None)
