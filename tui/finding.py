"""Finding what `:` and the palette open: `payments`, `payment 17`, `connector nordbank`, `anna`, `@14:30`.

It reads the store, so it is not for the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from store import accounts, connectors, inbox, managers, methods, payment_commands
from store.actors import Actor
from store.errors import NotFound, NotPermitted
from store.payments import Payment
from store.resellers import Reseller, level_and_below
from store.store import View
from tui import pages
from tui.plain_text import moment_text
from tui.targets import ALERTS, KINDS, MOMENT, PAGE, Target
from tui.typed_times import NotATime, moment_near

MOST = 12
AT = "@"
"""What a time begins with."""
TIMES = "Write @14:30, @yesterday 14:30, @2026-11-27 14:30 or @-15m; times are UTC."
LONGEST_ID = 15
"""How many digits an id may have."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something to open: what it is called, and what is said beside it."""

    target: Target
    label: str
    says: str = ""


def find(view: View, by: Actor, text: str, *, most: int = MOST) -> list[Found]:
    """Return what fits a text, the best first: an exact id or name, then what begins with it, then what holds it.

    A text that begins with a kind's word (`payment 17`) is looked for in that kind alone; what begins with @ is a time.
    Raises NotATime, with examples, for one that cannot be read.
    """
    if text.lstrip().startswith(AT):
        return [_around(text.strip().removeprefix(AT), view.now)]
    wanted = " ".join(text.casefold().split())
    first, _, rest = wanted.partition(" ")
    named = [word for word in KINDS if rest and len(first) > 1 and f"{word}s".startswith(first)]
    found = [
        (_rank(each.label, wanted), _page(each)) for each in pages.pages_for(by) if wanted in each.label.casefold()
    ]
    if wanted and ALERTS.startswith(wanted):
        found.append(
            (_rank(ALERTS, wanted), Found(Target(ALERTS, ALERTS), "Alerts", "what fires, and what is watched"))
        )
    for word in named or (KINDS if wanted else ()):
        found += _of_kind(view, by, word, rest if named else wanted)
    found.sort(key=lambda each: each[0])
    return [each for _, each in found][:most]


def _of_kind(view: View, by: Actor, word: str, wanted: str) -> Iterator[tuple[int, Found]]:
    """Yield the objects of a kind that have this id or hold this text, each with its rank."""
    for identity, name, also in _LISTED[word](view, by, wanted):
        texts = [each for each in (name, also) if wanted in each.casefold()]
        # An id counts only whole: whoever asks for 1 does not mean 217.
        if str(identity) == wanted or word == Payment.WORD:
            texts.append(wanted)
        if texts:
            label = f"{word.capitalize()} {identity}"
            yield (
                min(_rank(each, wanted) for each in texts),
                Found(Target(word, identity, name), label, f"{name}  {also}"),
            )


def _around(written: str, now: datetime) -> Found:
    try:
        moment = moment_near(written, now)
    except NotATime as error:
        raise NotATime(f"{error} {TIMES}") from None
    return Found(Target(MOMENT, moment.isoformat()), f"{moment_text(moment)} UTC", "the payment started nearest to it")


def _rank(text: str, wanted: str) -> int:
    folded = text.casefold()
    return 0 if folded == wanted else 1 if folded.startswith(wanted) else 2


def _page(entry: pages.PageEntry) -> Found:
    return Found(Target(PAGE, entry.key), entry.label, f"page, key {entry.number}")


Listed = Iterable[tuple[int, str, str]]
"""Objects: their id, their name, and something else that they are known by."""


def _payments(view: View, by: Actor, wanted: str) -> Listed:
    """Find a payment by its id or number, without going through all of them."""
    # A number is an id with zeros before it; `p-17` and `0017` are as good.
    digits = wanted.removeprefix("p-")
    if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID:
        try:
            payment = payment_commands.get(view, by, int(digits))
        except NotFound:
            return
        yield payment.id, payment.number, f"{payment.total}  {payment.status.label}"


def _accounts(view: View, by: Actor, _: str) -> Listed:
    return ((each.id, each.name, str(each.balance)) for each in accounts.visible_to(view, by))


def _connectors(view: View, by: Actor, _: str) -> Listed:
    try:
        return [(each.id, each.name, each.url) for each in connectors.listed(view, by)]
    except NotPermitted:
        return ()


def _methods(view: View, by: Actor, _: str) -> Listed:
    return ((each.id, each.name, each.description) for each in methods.visible_to(view, by))


def _resellers(view: View, by: Actor, _: str) -> Listed:
    reach = level_and_below(view, by.reseller_id)
    return ((each.id, each.name, "") for each in view.all(Reseller) if each.id in reach)


def _managers(view: View, by: Actor, _: str) -> Listed:
    return ((each.id, each.name, each.email) for each in managers.visible_to(view, by))


def _answers(view: View, by: Actor, _: str) -> Listed:
    return ((each.id, each.code, f"{each.rule}  {each.given.gateway_reference}") for each in inbox.visible_to(view, by))


_LISTED: Mapping[str, Callable[[View, Actor, str], Listed]] = MappingProxyType(
    {
        "payment": _payments,
        "account": _accounts,
        "connector": _connectors,
        "method": _methods,
        "reseller": _resellers,
        "manager": _managers,
        "answer": _answers,
    }
)
