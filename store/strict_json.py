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

from store.json_document import Document, Node
from store.json_scanner import CLOSING_QUOTES, WORD, Scanner, StoppedError

MAX_BYTES = 65_536
MAX_DEPTH = 20
MAX_NAME_LENGTH = 256


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
    except StoppedError:
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


class _Reader(Scanner):
    """One pass over one text, by recursive descent whose depth is limited."""

    def __init__(self, text: str, field: str, max_depth: int) -> None:
        super().__init__(text, field)
        self.max_depth = max_depth
        self.depth = 0

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
        if character in CLOSING_QUOTES:
            return Node(self.wrongly_quoted(), start, self.pos)
        if word := WORD.match(self.text, start):
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
        elif self.here in CLOSING_QUOTES:
            name = self.wrongly_quoted()
        elif word := WORD.match(self.text, self.pos):
            self.note("A name is written in double quotes.")
            self.pos = word.end()
            name = word.group()
        else:
            raise self.stopped('A name in double quotes or "}" is expected here.')
        if len(name) > MAX_NAME_LENGTH:
            self.note(f"A name has at most {MAX_NAME_LENGTH} characters; this one has {len(name):,}.", start)
        return name[:MAX_NAME_LENGTH]
