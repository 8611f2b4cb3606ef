r"""The language of patterns: the regular expressions of ECMA 262 with the u flag, which JSON Schema names.

A pattern is parsed here into a small tree, from which one file makes an expression of the `regex` module and another a
text that fits. Accepted: literals, `.`, `^`, `$`, `\b`, `\B`, classes, `\d \w \s \D \W \S`, `\p{...}`, `\P{...}`,
`\n \r \t \f \v \0 \xHH \uHHHH \u{...}`, groups (plain, `?:`, `?<name>`), lookahead, lookbehind, references (`\1`,
`\k<name>`), `|`, and the quantifiers `* + ? {n} {n,} {n,m}` with `?` behind. What only Python or Perl knows is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 1_000
MAX_OPEN_GROUPS = 20
# the product of nested repeats: beyond it the engine spends seconds between two looks at its time limit
MAX_REPEATS = 100_000

LAST = 0x10FFFF
DIGITS = ((0x30, 0x39),)
WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACES = (
    *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
LINE_ENDS = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))

_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
# ECMA with the u flag wants only ^$\.*+?()[]{}|/ escaped, but every dialect takes \- and \@ for the characters too
_SELF_ESCAPES = frozenset("^$\\.*+?()[]{}|/" + "-@#%&~`'\":;,<>=!_ ")
_SETS = {"d": DIGITS, "w": WORD, "s": SPACES}
_HEX = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
_PROPERTY = re.compile(r"[pP]\{[A-Za-z_]+(?:=[A-Za-z_]+)?\}")
_COUNTS = re.compile(r"\{([0-9]{1,6})(?:(,)([0-9]{1,6})?)?\}")
_GROUP_OPENINGS = ("?:", "?=", "?!", "?<=", "?<!")
_GROUP_NAME = re.compile(r"\?<([A-Za-z_$][A-Za-z0-9_$]*)>")
_REFERENCE_NAME = re.compile(r"k<([A-Za-z_$][A-Za-z0-9_$]*)>")

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CharacterClass:
    r"""One character out of ranges of code points and of Unicode properties (`\p{L}`), or, negated, out of the rest."""

    ranges: Ranges
    properties: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    r"""A place: `^`, `$`, `\b` or `\B`."""

    sign: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group; `opening` is what stands behind its bracket (`?:`, `?=`, ...), empty for one that captures."""

    opening: str
    number: int | None
    body: Tree


@dataclass(frozen=True, slots=True)
class Reference:
    """The text that a group before has captured."""

    number: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part that stands `least` to `most` times (None: any number)."""

    body: Tree
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several branches."""

    branches: tuple[Tree, ...]


Tree = CharacterClass | Assertion | Group | Reference | Repeat | Sequence | Choice


class PatternSyntaxError(Exception):
    """The pattern is not of the accepted language; the text says where (character, from 1) and what would be right."""

    def __init__(self, offset: int, message: str) -> None:
        self.offset = offset
        super().__init__(f"character {offset + 1}: {message}")


def parse_pattern(pattern: str) -> Tree:
    """Parse a pattern; PatternSyntaxError if it is not of the accepted language or larger than its limits."""
    if len(pattern) > MAX_LENGTH:
        raise PatternSyntaxError(MAX_LENGTH, f"a pattern has at most {MAX_LENGTH:,} characters")
    return _Parser(pattern).whole()


class _Parser:
    """One pass over one pattern, by recursive descent whose depth is limited."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.pos = 0
        self.groups = 0
        self.names: dict[str, int] = {}
        self.closed: set[int] = set()
        self.open = 0

    @property
    def here(self) -> str:
        return self.pattern[self.pos : self.pos + 1]

    def error(self, message: str) -> PatternSyntaxError:
        return PatternSyntaxError(self.pos, message)

    def whole(self) -> Tree:
        tree, _ = self.choice()
        if self.here:
            raise self.error('")" closes nothing; write \\) for the character itself')
        return tree

    def choice(self) -> tuple[Tree, int]:
        """Return a tree and its weight: how many times its innermost part may be repeated."""
        branches: list[Tree] = []
        heaviest = 1
        while True:
            parts: list[Tree] = []
            while self.here and self.here not in "|)":
                part, weight = self.quantified()
                parts.append(part)
                heaviest = max(heaviest, weight)
            branches.append(parts[0] if len(parts) == 1 else Sequence(tuple(parts)))
            if self.here != "|":
                return (branches[0] if len(branches) == 1 else Choice(tuple(branches))), heaviest
            self.pos += 1

    def quantified(self) -> tuple[Tree, int]:
        part, weight = self.part()
        start = self.pos
        counts = self.counts()
        if counts is None:
            return part, weight
        least, most = counts
        if isinstance(part, Assertion) or (isinstance(part, Group) and part.opening not in ("", "?:")):
            self.pos = start
            raise self.error("nothing to repeat stands here")
        weight *= max(1, least if most is None else most)
        if weight > MAX_REPEATS:
            self.pos = start
            raise self.error(f"repeats within repeats come to more than {MAX_REPEATS:,}; use smaller numbers")
        lazy = self.here == "?"
        self.pos += lazy
        if self.here in ("*", "+", "?") or _COUNTS.match(self.pattern, self.pos):
            raise self.error("a quantifier stands behind another one; put the part in brackets, or take one out")
        return Repeat(part, least, most, lazy), weight

    def counts(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.here in simple:
            self.pos += 1
            return simple[self.pattern[self.pos - 1]]
        match = _COUNTS.match(self.pattern, self.pos)
        if match is None:
            return None
        least = int(match.group(1))
        most = int(match.group(3)) if match.group(3) else None if match.group(2) else least
        if most is not None and most < least:
            raise self.error("the numbers of {n,m} are out of order")
        self.pos = match.end()
        return least, most

    def part(self) -> tuple[Tree, int]:
        character = self.here
        if character == "(":
            return self.group()
        if character == "[":
            return self.character_class(), 1
        if character == "\\":
            return self.escape(), 1
        if character in "*+?":
            raise self.error(f'nothing to repeat stands before "{character}"; write \\{character} for the character')
        if character in "{}]":
            raise self.error(f"write \\{character} for the character itself")
        self.pos += 1
        if character in "^$":
            return Assertion(character), 1
        if character == ".":
            return CharacterClass(LINE_ENDS, negated=True), 1
        return _single(character), 1

    def group(self) -> tuple[Tree, int]:
        start = self.pos
        self.open += 1
        if self.open > MAX_OPEN_GROUPS:
            raise self.error(f"at most {MAX_OPEN_GROUPS} groups may be open at once")
        self.pos += 1
        opening = next((each for each in _GROUP_OPENINGS if self.pattern.startswith(each, self.pos)), "")
        name = None if opening else _GROUP_NAME.match(self.pattern, self.pos)
        number = None
        if opening:
            self.pos += len(opening)
        else:
            self.groups += 1
            number = self.groups
            if name and name.group(1) in self.names:
                raise self.error(f'a group "{name.group(1)}" stands before')
            if name:
                self.names[name.group(1)] = number
                self.pos = name.end()
            elif self.here == "?":
                raise self.error("one of (?: (?= (?! (?<= (?<! (?<name> is expected here")
        body, weight = self.choice()
        if self.here != ")":
            self.pos = start
            raise self.error('")" is missing for this bracket')
        self.pos += 1
        self.open -= 1
        if number is not None:
            self.closed.add(number)
        return Group(opening, number, body), weight

    def escape(self) -> Tree:
        letter = self.pattern[self.pos + 1 : self.pos + 2]
        if letter in ("b", "B"):
            self.pos += 2
            return Assertion("\\" + letter)
        if letter in "123456789" and letter:
            match = re.compile("[0-9]{1,3}").match(self.pattern, self.pos + 1)
            return self.reference(int(match.group()) if match else 0, match.end() if match else self.pos)
        if letter == "k":
            named = _REFERENCE_NAME.match(self.pattern, self.pos + 1)
            return self.reference(self.names.get(named.group(1), 0) if named else 0, named.end() if named else 0)
        return self.class_escape()

    def reference(self, number: int, end: int) -> Tree:
        if number not in self.closed:
            raise self.error("a reference means a group that is closed before it")
        self.pos = end
        return Reference(number)

    def class_escape(self) -> CharacterClass:
        """Read an escape that means one character or a set of them; the same inside and outside a class."""
        start = self.pos + 1
        letter = self.pattern[start : start + 1]
        hexadecimal = _HEX.match(self.pattern, start)
        prop = _PROPERTY.match(self.pattern, start)
        if hexadecimal:
            number = int(next(group for group in hexadecimal.groups() if group), 16)
            if number > LAST or 0xD800 <= number <= 0xDFFF:
                raise self.error("there is no such character")
            self.pos = hexadecimal.end()
            return CharacterClass(((number, number),))
        if prop:
            self.pos = prop.end()
            return CharacterClass((), ("\\" + prop.group(),))
        if letter.lower() in _SETS and letter:
            self.pos += 2
            ranges = _SETS[letter.lower()]
            return CharacterClass(ranges if letter.islower() else complement(ranges))
        if letter == "0" and not self.pattern[start + 1 : start + 2].isdecimal():
            self.pos += 2
            return _single("\0")
        if letter in _CONTROLS or letter in _SELF_ESCAPES:
            self.pos += 2
            return _single(_CONTROLS.get(letter, letter))
        better = {"A": "; write ^", "Z": "; write $", "z": "; write $"}.get(letter, "")
        raise self.error(f"this escape is not known{better or '; a backslash itself is written ' + 2 * chr(92)}")

    def character_class(self) -> CharacterClass:
        start = self.pos
        self.pos += 1
        negated = self.here == "^"
        self.pos += negated
        ranges: list[tuple[int, int]] = []
        properties: list[str] = []
        while self.here != "]":
            first_at = self.pos
            first = self.class_atom(start)
            if self.here == "-" and self.pattern[self.pos + 1 : self.pos + 2] not in ("]", ""):
                self.pos += 1
                last = self.class_atom(start)
                low, high = _only(first), _only(last)
                if low is None or high is None or low > high:
                    self.pos = first_at
                    raise self.error("a range goes from a character to one behind it; write \\- for the character")
                ranges.append((low, high))
            else:
                ranges.extend(first.ranges)
                properties.extend(first.properties)
        self.pos += 1
        return CharacterClass(tuple(ranges), tuple(properties), negated)

    def class_atom(self, start: int) -> CharacterClass:
        if not self.here:
            self.pos = start
            raise self.error('"]" is missing for this bracket')
        if self.here == "\\":
            following = self.pattern[self.pos + 1 : self.pos + 2]
            if following in ("b", "-"):
                self.pos += 2
                return _single("\b" if following == "b" else "-")
            return self.class_escape()
        self.pos += 1
        return _single(self.pattern[self.pos - 1])


def complement(ranges: Ranges) -> Ranges:
    """Return all code points that are in none of the ranges, which are in order and apart."""
    rest: list[tuple[int, int]] = []
    low = 0
    for first, last in ranges:
        if low < first:
            rest.append((low, first - 1))
        low = last + 1
    return (*rest, (low, LAST))


def _single(character: str) -> CharacterClass:
    return CharacterClass(((ord(character), ord(character)),))


def _only(each: CharacterClass) -> int | None:
    """Return the one character that a class means, None if it means more."""
    if each.properties or len(each.ranges) != 1 or each.ranges[0][0] != each.ranges[0][1]:
        return None
    return each.ranges[0][0]
