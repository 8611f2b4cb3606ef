"""Every error of the wire: one root, few leaves; each carries its facts and reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass


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
    """What is wrong with one field of a message, and what would be right. Never shows a setting's value."""

    field: str
    wrong: str
    right: str

    def __str__(self) -> str:
        """Return the problem as one line: field, what is wrong, what would be right."""
        return f"{self.field}: {self.wrong}; right would be {self.right}"


class MalformedMessage(GatewayError):
    """The fields are not those of the message: `problems` holds all of them at once, in the order of the message."""

    def __init__(self, message: str, problems: tuple[FieldProblem, ...]) -> None:
        self.message = message
        self.problems = problems
        super().__init__(f"The {message} is malformed. " + " ".join(f"{each}." for each in problems))

    @property
    def without_values(self) -> str:
        """The error as a sentence that quotes nothing that came: it may be logged and stored."""
        return f"The {self.message} is malformed in {', '.join(dict.fromkeys(each.field for each in self.problems))}."
