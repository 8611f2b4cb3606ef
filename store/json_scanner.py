"""The smallest parts of a JSON text: white space, texts, numbers and words; what is wrong with each is noted.

Nothing here knows of objects and arrays: `store.strict_json` puts the parts together.
"""

from __future__ import annotations

import re
from decimal import Decimal

from store.errors import ProblemItem
from store.json_document import join_pointer, line_and_column

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1

WORD = re.compile(r"[^\s\[\]{}:,\"'/“”‘’\ud800-\udfff\x00-\x1f]+")
CLOSING_QUOTES = {"'": "'", "“": "”", "”": "”", "‘": "’", "’": "’"}
_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FOUR_HEX = re.compile(r"[0-9a-fA-F]{4}")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class StoppedError(Exception):
    """The reader cannot go on; what was expected stands in its problem items."""


class Scanner:
    """A place in one text that moves on, part by part, and what was noted on the way."""

    def __init__(self, text: str, field: str) -> None:
        self.text = text
        self.field = field
        self.pos = 0
        self.path: list[str | int] = []
        self.problems: list[ProblemItem] = []
        self.line_starts = (0, *(match.end() for match in _LINE_BREAK.finditer(text)))

    def note(self, message: str, offset: int | None = None) -> None:
        """Add a problem item at an offset, by default here, under the pointer of the value being read."""
        line, column = line_and_column(self.line_starts, self.pos if offset is None else offset)
        self.problems.append(ProblemItem(self.field, message, join_pointer("", *self.path), line, column))

    def stopped(self, message: str) -> StoppedError:
        """Note what was expected here, and return the error that ends the reading."""
        self.note(message)
        return StoppedError()

    def place(self, offset: int) -> str:
        """Return the place of an offset, as a message names it."""
        line, column = line_and_column(self.line_starts, offset)
        return f"line {line}, column {column}"

    @property
    def here(self) -> str:
        """The character at the position, empty at the end of the text."""
        return self.text[self.pos : self.pos + 1]

    def skip(self) -> None:
        """Pass over white space; comments and other blanks are noted and passed over too."""
        while True:
            match = _BLANKS.match(self.text, self.pos)
            self.pos = match.end() if match else self.pos
            if comment := _COMMENT.match(self.text, self.pos):
                self.note("JSON has no comments; take this one out.")
                self.pos = comment.end()
            elif self.here.isspace() or self.here == "\ufeff":
                self.note(f"This blank (U+{ord(self.here):04X}) is not allowed between values; use a plain space.")
                self.pos += 1
            else:
                return

    def string(self) -> str:
        """Read a text in double quotes; what is wrong inside is noted, a missing closing quote stops."""
        start = self.pos
        self.pos += 1
        parts: list[str] = []
        while True:
            if plain := _PLAIN.match(self.text, self.pos):
                parts.append(plain.group())
                self.pos = plain.end()
            character = self.here
            if character == '"':
                self.pos += 1
                return "".join(parts)
            if character in ("", "\n", "\r"):
                raise self.stopped(
                    f"A closing double quote is expected here, for the text that begins in {self.place(start)}"
                    + ("; a line break inside a text is written \\n." if character else ".")
                )
            if character == "\\":
                parts.append(self.escape())
            elif "\ud800" <= character <= "\udfff":
                self.note("This character is half of a pair (a lone surrogate) and cannot be sent; take it out.")
                self.pos += 1
                parts.append("\ufffd")
            else:
                self.note(f"A control character inside a text is written \\u{ord(character):04x}.")
                self.pos += 1
                parts.append(character)

    def escape(self) -> str:
        """Read the escape that begins here and return what it means."""
        start = self.pos
        letter = self.text[start + 1 : start + 2]
        if letter in _ESCAPES:
            self.pos += 2
            return _ESCAPES[letter]
        code = _FOUR_HEX.match(self.text, start + 2) if letter == "u" else None
        if code is None:
            self.note(
                "Four hexadecimal digits are expected after \\u."
                if letter == "u"
                else "This backslash begins no escape of JSON; a backslash itself is written \\\\."
            )
            self.pos += 1
            return "\\"
        self.pos = code.end()
        number = int(code.group(), 16)
        if not 0xD800 <= number <= 0xDFFF:
            return chr(number)
        second = _FOUR_HEX.match(self.text, self.pos + 2) if self.text.startswith("\\u", self.pos) else None
        low = int(second.group(), 16) if second else 0
        if number < 0xDC00 and second and 0xDC00 <= low <= 0xDFFF:
            self.pos = second.end()
            return chr(0x10000 + ((number - 0xD800) << 10) + (low - 0xDC00))
        self.note("This escape is half of a pair (a lone surrogate); write both halves, or take it out.", start)
        return "\ufffd"

    def wrongly_quoted(self) -> str:
        """Read a text in other quotes than double ones, which is noted; without its end on the line, stop."""
        start = self.pos
        closing = CLOSING_QUOTES[self.here]
        end = self.text.find(closing, start + 1)
        if end < 0 or _LINE_BREAK.search(self.text, start, end):
            raise self.stopped('A text is written in double quotes: "...".')
        self.note('A text is written in double quotes: "...".')
        self.pos = end + 1
        return self.text[start + 1 : end]

    def bare(self, word: str, start: int) -> object:
        """Return what a word without quotes means; None, and a note, if it means nothing."""
        if word in _LITERALS:
            return _LITERALS[word]
        if number := _NUMBER.fullmatch(word):
            return self.number(word, start, whole=not (number.group(2) or number.group(3)))
        lower = word.lower()
        if lower in _LITERALS:
            self.note(f"Write {lower} in lower case.", start)
        elif lower.lstrip("+-") in ("nan", "inf", "infinity"):
            self.note("NaN and Infinity are no JSON numbers; write a number, or a text in double quotes.", start)
        elif word[0] in "+-." or word[0].isdecimal():
            self.note(
                "This is no JSON number: write it as in 12, -0.5 or 1e3 (no + and no 0 in front, a digit on both sides "
                "of the point), or as a text in double quotes.",
                start,
            )
        elif lower in ("none", "nil", "undefined"):
            self.note("JSON has no such word; leave the value out, or write null.", start)
        else:
            self.note("A text is written in double quotes.", start)
        return None

    def number(self, word: str, start: int, *, whole: bool) -> int | float | None:
        """Return a number; None, and a note, if it cannot be kept as it was typed."""
        if whole:
            # the length first: converting a very long number is slow, and refused by Python
            if len(word) <= 20 and MIN_INTEGER <= int(word) <= MAX_INTEGER:
                return int(word)
            self.note(f"A whole number is at most {MAX_INTEGER} here; write a longer one as a text.", start)
            return None
        number = float(word)
        if abs(number) == float("inf"):
            self.note("This number is too large; write it as a text in double quotes.", start)
            return None
        mantissa = re.split("[eE]", word)[0]
        # a number that became 0 may have an exponent that Decimal refuses
        exact = Decimal(word) == Decimal(repr(number)) if number else not mantissa.strip("-0.")
        if not exact:
            self.note(
                "This number cannot be kept exactly; write it with at most 15 digits, or as a text in double quotes.",
                start,
            )
            return None
        return number
