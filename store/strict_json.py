r"""A strict JSON reader that knows where everything stands and reports all problem items at once.

`json.loads` takes NaN, repeated names and lone surrogates, stops at the first mistake, and fails on deep nesting with a
RecursionError. This reader does none of that. Where the meaning is plain in spite of a mistake (a repeated name, a
trailing comma, single quotes, a comment), it reports the mistake and reads on; where it is not, it reports what was
expected there and stops.

What it takes beyond the grammar of RFC 8259: whole numbers fit into 64 bits, other numbers keep all their digits in a
float (so that what is sent is what was typed), and a name has at most 256 characters. Line breaks are \n, \r\n and \r.

No message quotes a value: the text may hold secrets.
"""

from __future__ import annotations

import re
from decimal import Decimal

from store.errors import ProblemItem
from store.json_document import Document, Node, join_pointer, line_and_column

MAX_BYTES = 65_536
MAX_DEPTH = 20
MAX_NAME_LENGTH = 256
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\s\[\]{}:,\"'/“”‘’\ud800-\udfff\x00-\x1f]+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FOUR_HEX = re.compile(r"[0-9a-fA-F]{4}")
_CLOSING_QUOTES = {"'": "'", "“": "”", "”": "”", "‘": "’", "’": "’"}
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_json(text: str, *, field: str, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Document:
    """Read a JSON text; nothing is raised, whatever it holds.

    `field` is the label that problem items carry, `max_bytes` the limit in UTF-8, `max_depth` how many brackets may be
    open at once (at most 100).
    """
    reader = _Reader(text, field, max_depth)
    encoded = text.encode("utf-8", "surrogatepass")
    root = None
    try:
        if len(encoded) > max_bytes:
            reader.pos = len(encoded[:max_bytes].decode("utf-8", "ignore"))
            raise reader.stopped(f"The text has {len(encoded):,} bytes; at most {max_bytes:,} are allowed.")
        root = reader.document()
    except _StoppedError:
        pass  # the reader has noted why
    return Document(
        field=field,
        text=text,
        value=root.value if root else None,
        root=root,
        problems=tuple(reader.problems),
        complete=root is not None,
        line_starts=reader.line_starts,
    )


class _StoppedError(Exception):
    """The reader cannot go on; what was expected stands in its problem items."""


class _Reader:
    """One pass over one text, by recursive descent whose depth is limited."""

    def __init__(self, text: str, field: str, max_depth: int) -> None:
        self.text = text
        self.field = field
        self.max_depth = max_depth
        self.pos = 0
        self.path: list[str | int] = []
        self.depth = 0
        self.problems: list[ProblemItem] = []
        self.line_starts = (0, *(match.end() for match in _LINE_BREAK.finditer(text)))

    def note(self, message: str, offset: int | None = None) -> None:
        """Add a problem item at an offset, by default here, under the pointer of the value being read."""
        line, column = line_and_column(self.line_starts, self.pos if offset is None else offset)
        self.problems.append(ProblemItem(self.field, message, join_pointer("", *self.path), line, column))

    def stopped(self, message: str) -> _StoppedError:
        """Note what was expected here, and return the error that ends the reading."""
        self.note(message)
        return _StoppedError()

    def place(self, offset: int) -> str:
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

    def document(self) -> Node:
        if self.here == "\ufeff":
            self.note("The text begins with a byte order mark (U+FEFF); take it out.")
            self.pos += 1
        self.skip()
        if not self.here:
            raise self.stopped("A value is expected here, but the text is empty.")
        root = self.value()
        self.skip()
        if self.here:
            raise self.stopped("The end of the text is expected here; take out what follows the value.")
        return root

    def value(self) -> Node:
        """Read the value that begins here; the position is then behind it."""
        start = self.pos
        character = self.here
        if character in ("{", "["):
            self.depth += 1
            if self.depth > self.max_depth:
                raise self.stopped(f"At most {self.max_depth} brackets may be open at once; this is one more.")
            node = self.object_() if character == "{" else self.array()
            self.depth -= 1
            return node
        if character == '"':
            return Node(self.string(), start, self.pos)
        if character in _CLOSING_QUOTES:
            return Node(self.wrongly_quoted(), start, self.pos)
        if word := _WORD.match(self.text, start):
            self.pos = word.end()
            return Node(self.bare(word.group(), start), start, self.pos)
        if not character:
            raise self.stopped("A value is expected here, but the text ends.")
        raise self.stopped(
            "A value is expected here: an object, an array, a text in double quotes, a number, true or false."
        )

    def object_(self) -> Node:
        node = Node({}, self.pos, self.pos)
        content: dict[str, object] = {}
        node.value = content
        self.pos += 1
        comma: int | None = None
        while True:
            self.skip()
            if self.closed_by("}", node, comma):
                return node
            name_start = self.pos
            name = self.name()
            self.skip()
            if self.here != ":":
                raise self.stopped('":" is expected here, between the name and its value.')
            self.pos += 1
            self.skip()
            self.path.append(name)
            if self.here and self.here in ",}":
                self.note('A value is expected here, after ":".')
                member = Node(None, self.pos, self.pos)
            else:
                member = self.value()
            member.name_start = name_start
            if first := node.members.get(name):
                self.note(
                    f'The name "{name}" stands here again; the first one is in {self.place(first.name_start or 0)}. '
                    "Keep one of the two.",
                    name_start,
                )
            else:
                node.members[name] = member
                content[name] = member.value
            self.path.pop()
            comma = self.separator("}", node)

    def array(self) -> Node:
        node = Node([], self.pos, self.pos)
        content: list[object] = []
        node.value = content
        self.pos += 1
        comma: int | None = None
        while True:
            self.skip()
            if self.closed_by("]", node, comma):
                return node
            self.path.append(len(content))
            if self.here == ",":
                self.note("A value is expected here, before the comma.")
                element = Node(None, self.pos, self.pos)
            else:
                element = self.value()
            self.path.pop()
            node.elements.append(element)
            content.append(element.value)
            comma = self.separator("]", node)

    def closed_by(self, bracket: str, node: Node, comma: int | None) -> bool:
        """Pass the closing bracket if it stands here; a comma before it is noted."""
        if not self.here:
            raise self.stopped(f'"{bracket}" is expected here: the bracket of {self.place(node.start)} is not closed.')
        if self.here != bracket:
            return False
        if comma is not None:
            self.note(f'No comma may stand before "{bracket}"; take it out.', comma)
        self.pos += 1
        node.end = self.pos
        return True

    def separator(self, bracket: str, node: Node) -> int | None:
        """Pass the comma after a member and return its offset; None where the bracket closes or a comma is missing."""
        self.skip()
        if self.here == ",":
            self.pos += 1
            return self.pos - 1
        if self.here == bracket or not self.here:
            return None
        if self.here == '"' or (self.here in "{[" and bracket == "]"):
            self.note("A comma is expected here, after the value before.")
            return None
        raise self.stopped(
            f'A comma or "{bracket}" is expected here, after the value before '
            f"(the bracket of {self.place(node.start)} is still open)."
        )

    def name(self) -> str:
        start = self.pos
        if self.here == '"':
            name = self.string()
        elif self.here in _CLOSING_QUOTES:
            name = self.wrongly_quoted()
        elif word := _WORD.match(self.text, self.pos):
            self.note("A name is written in double quotes.")
            self.pos = word.end()
            name = word.group()
        else:
            raise self.stopped('A name in double quotes or "}" is expected here.')
        if len(name) > MAX_NAME_LENGTH:
            self.note(f"A name has at most {MAX_NAME_LENGTH} characters; this one has {len(name):,}.", start)
        return name[:MAX_NAME_LENGTH]

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
        start = self.pos
        closing = _CLOSING_QUOTES[self.here]
        end = self.text.find(closing, start + 1)
        line_break = _LINE_BREAK.search(self.text, start)
        if end < 0 or (line_break and line_break.start() < end):
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
