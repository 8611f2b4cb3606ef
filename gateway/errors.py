"""Every error of the wire: one root, few leaves; each carries its facts and reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PROBLEMS = 10
"""How many problems of a message are told in words: a body can hold thousands."""


class GatewayError(Exception):
    """The root of all errors that this package raises on purpose."""


class MalformedBody(GatewayError):
    """The bytes are not the strict JSON of a message; the text says what is wrong and where.

    `without_names` quotes nothing that came: it may be logged and stored.
    """

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason.replace("{name}", name))
        self.without_names = reason.replace("{name}", "one name")


class CannotListen(GatewayError):
    """A port that was asked for cannot be had; the text names it and says why."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(f"The engine cannot listen at {host}:{port}: {error.strerror or error}.")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a message, and what would be right. Never shows a setting's value.

    `surplus`: the message has no such field, so that its name may be anything.
    """

    field: str
    wrong: str
    right: str
    surplus: bool = False

    def __str__(self) -> str:
        """Return the problem as one line: field, what is wrong, what would be right."""
        return f"{self.field}: {self.wrong}; right would be {self.right}"


class MalformedMessage(GatewayError):
    """The fields are not those of the message: `problems` holds all of them at once, in the order of the message.

    The text tells the first `MOST_PROBLEMS` of them, and how many more there are.
    """

    def __init__(self, message: str, problems: tuple[FieldProblem, ...]) -> None:
        self.message = message
        self.problems = problems
        told = [f"{each}." for each in problems[:MOST_PROBLEMS]]
        more = len(problems) - len(told)
        if more:
            told.append(f"There {'is' if more == 1 else 'are'} {more} more.")
        super().__init__(f"The {message} is malformed. {' '.join(told)}")

    @property
    def without_values(self) -> str:
        """The error as a sentence that quotes nothing that came, no names either: it may be logged and stored."""
        told = list(dict.fromkeys(each.field.partition(".")[0] for each in self.problems if not each.surplus))
        surplus = sum(each.surplus for each in self.problems)
        if surplus:
            told.append(f"{surplus} {'field that is' if surplus == 1 else 'fields that are'} not of this message")
        return f"The {self.message} is malformed in {', '.join(told)}."
