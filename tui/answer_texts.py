"""One answer in words and lines, for its details: why it is in the inbox, what came, and what it may be meant for."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from store.answers import Answer
from tui import look, wording
from tui.answer_actions import AnswerShown
from tui.look import Tone

Facts = list[tuple[str, Text | str]]
NOTHING_FITS = "No attempt of this connector has this amount or an id like it; Attach takes any other id."


def verdict(shown: AnswerShown) -> Text:
    """Return which rule has judged the answer, and what that means."""
    answer = shown.answer
    tone = Tone.WRONG if answer.in_inbox else Tone.STRONG
    return Text.assemble((f"{answer.code} {answer.rule}\n", tone.style), f"{wording.rule_says(answer.rule)}\n")


def known(shown: AnswerShown) -> Facts:
    """Return what is known of the answer besides what came."""
    answer, payment = shown.answer, shown.payment
    rows: Facts = [("Received at", f"{look.moment_text(answer.received_at)} UTC")]
    if shown.connector:
        rows.append(("Connector", look.safe(shown.connector)))
    if payment is not None:
        rows.append(
            ("Payment", Text.assemble(f"{payment.number} ({payment.total})  ", look.status_text(payment.status)))
        )
    if answer.charge is not None:
        rows.append(("Charge", Text.assemble((str(answer.charge), Tone.STRONG.style), (_place(answer), look.DIM))))
    if answer.repeats and answer.last_repeated_at is not None:
        often = look.counted(answer.repeats, "time")
        rows.append(("Came again", f"{often}, last at {look.moment_text(answer.last_repeated_at)} UTC"))
    if answer.closed_by and answer.closed_at is not None:
        rows.append(("Settled by", f"{look.safe(answer.closed_by)} at {look.moment_text(answer.closed_at)} UTC"))
    if answer.closed_reason:
        rows.append(("Reason", look.safe(answer.closed_reason)))
    return rows


def sent(answer: Answer) -> Facts:
    """Return the message's fields as they came; nothing in it is a secret of ours."""
    given = answer.given
    fields = (
        ("result", given.result.value),
        ("attempt_id", given.attempt_id),
        ("gateway_reference", given.gateway_reference),
        ("amount", "" if given.amount is None else f"{given.amount:f}"),
        ("currency", given.currency),
        ("message", given.message),
        ("answer_id", given.answer_id),
        ("timestamp", given.timestamp),
        ("came as", given.origin.value),
        ("signed with", f"{given.key} key" if given.key else ""),
    )
    rows: Facts = [(name, look.safe_text(value) if value else look.dim("empty")) for name, value in fields]
    if given.recorded_by:
        rows += [("recorded by", look.safe(given.recorded_by)), ("how it was told", look.safe(given.reason))]
    return rows


def suggestions(shown: AnswerShown, now: datetime) -> Text:
    """Return the attempts that the answer may be meant for, with what speaks for each."""
    if not shown.choices:
        return look.dim(NOTHING_FITS)
    lines = [
        Text.assemble(
            (f"{each.suggestion.payment.number} ", Tone.STRONG.style),
            f"{each.suggestion.payment.total}  ",
            look.attempt_text(each.suggestion.attempt.state),
            (f"  {each.suggestion.attempt.id[:8]}… of {_started(each.suggestion.attempt.started_at, now)}", look.DIM),
            (f"\n   {', '.join(each.suggestion.reasons)}", look.DIM),
        )
        for each in shown.choices
    ]
    return Text("\n").join(lines)


def why_nothing(shown: AnswerShown, *, read_only: bool) -> str:
    """Return why nothing can be done about the answer."""
    if shown.answer.in_inbox and read_only:
        return "A manager with Full Control can attach, return or dismiss it."
    return shown.dismiss.refused


def _started(started_at: datetime, now: datetime) -> str:
    return look.short_moment(started_at, now)


def _place(answer: Answer) -> str:
    if answer.place is None:
        return ""
    same = f" A{answer.same_as}" if answer.same_as is not None else ""
    return f"  {answer.place.value.replace('_', ' ')}{same}"
