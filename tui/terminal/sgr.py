"""How a terminal's pen is changed from one style to another in the fewest bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

RESET = "\x1b[m"


class Pen(NamedTuple):
    """A style: attributes such as bold, foreground and background as SGR parameters, empty for the terminal's own."""

    attributes: tuple[str, ...]
    foreground: str
    background: str


PLAIN = Pen((), "", "")


@lru_cache(maxsize=4096)
def pen_of(parameters: str) -> Pen:
    """Return the style that SGR parameters set on a plain pen: `1;38;5;75`."""
    codes = [each for each in parameters.split(";") if each not in {"", "0"}]
    attributes, foreground, background = [], "", ""
    place = 0
    while place < len(codes):
        code = codes[place]
        taken = 1
        if code in {"38", "48"}:
            taken = 5 if codes[place + 1 : place + 2] == ["2"] else 3
        whole = ";".join(codes[place : place + taken])
        if code == "38" or _is_colour(code, 30, 90):
            foreground = whole
        elif code == "48" or _is_colour(code, 40, 100):
            background = whole
        else:
            attributes.append(code)
        place += taken
    return Pen(tuple(attributes), foreground, background)


@lru_cache(maxsize=4096)
def change(old: Pen, new: Pen) -> str:
    """Return the shortest sequence that makes an old pen a new one, empty if they are the same."""
    if old == new:
        return ""
    afresh = ["0", *new.attributes, new.foreground, new.background]
    candidates = [[each for each in afresh if each]]
    if set(old.attributes) <= set(new.attributes):
        added = [each for each in new.attributes if each not in old.attributes]
        if new.foreground != old.foreground:
            added.append(new.foreground or "39")
        if new.background != old.background:
            added.append(new.background or "49")
        candidates.append(added)
    parameters = min((";".join(each) for each in candidates), key=len)
    return f"\x1b[{'' if parameters == '0' else parameters}m"


def _is_colour(code: str, normal: int, bright: int) -> bool:
    number = int(code)
    return normal <= number < normal + 8 or bright <= number < bright + 8
