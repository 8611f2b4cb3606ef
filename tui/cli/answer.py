"""`gatewatch answer`: the inbox, and what an operator does about an answer."""

from __future__ import annotations

import click

from store import inbox
from store.answers import Answer, AnswerResult, Verdict
from store.refused_messages import RefusedMessage, refused_of
from store.states import explain
from store.suggestions import Suggestion, suggested_attempts
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import facts, json_line, table


@click.group()
def answer() -> None:
    """Settle the inbox: answers that could not be applied."""


@answer.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the inbox, the oldest first."""
    listed = inbox.visible_to(run.store().view(), acting())
    run.write([shapes.answer(each) for each in listed], lambda: _table(listed))


@answer.command()
@click.argument("answer_id", metavar="ID")
@headless
def show(run: Invocation, answer_id: str) -> None:
    """Show one answer (A17), in the inbox or not: raw message, verdict, and attempts that it may be meant for."""
    view = run.store().view()
    shown = inbox.get(view, acting(), answer_id)
    can_be_attached = shown.in_inbox and not shown.attempt_id
    suggested = suggested_attempts(view, acting(), shown) if can_be_attached else None
    shape = shapes.answer_shown(shown, suggested or ())
    run.write(shape, lambda: "\n\n".join([_whole(shown), *_raw(shape["raw"]), *_suggested(shown, suggested)]))


@answer.command()
@click.option("--connector", "connector_id", type=int, metavar="ID", help="Only those of this connector.")
@headless
def refused(run: Invocation, *, connector_id: int | None) -> None:
    """List the last messages of gateways that were not believed, the newest first; secrets are masked."""
    listed = refused_of(run.store().view(), acting(), connector_id)
    run.write([shapes.refused_message(each) for each in listed], lambda: _refused_table(listed))


@answer.command()
@click.argument("answer_id", metavar="ID")
@click.argument("attempt_id", metavar="ATTEMPT")
@headless
def attach(run: Invocation, answer_id: str, attempt_id: str) -> None:
    """Judge an unmatched answer now as if it had named an attempt of the same connector."""
    with run.store().transaction() as tx:
        verdict = inbox.attach(tx, acting(), answer_id, attempt_id)
    _write_verdict(run, verdict)


@answer.command("return")
@click.argument("answer_id", metavar="ID")
@headless
def return_(run: Invocation, answer_id: str) -> None:
    """Put a held charge on the balance of the account that it was meant for."""
    with run.store().transaction() as tx:
        returned = inbox.return_charge(tx, acting(), answer_id)
    _write(run, returned)


@answer.command()
@click.argument("answer_id", metavar="ID")
@click.option("--reason", required=True, help="Why nothing more is to be done.")
@headless
def dismiss(run: Invocation, answer_id: str, *, reason: str) -> None:
    """Take an answer out of the inbox; no money moves."""
    with run.store().transaction() as tx:
        dismissed = inbox.dismiss(tx, acting(), answer_id, reason)
    _write(run, dismissed)


@answer.command()
@click.argument("attempt_id", metavar="ATTEMPT")
@click.option("--result", required=True, type=click.Choice([each.value for each in AnswerResult]))
@click.option("--reference", default="", help="The gateway's reference; a success needs one.")
@click.option("--reason", required=True, help="How the gateway told it.")
@headless
def record(run: Invocation, attempt_id: str, *, result: str, reference: str, reason: str) -> None:
    """Enter by hand what the gateway told by other means; a success is for the attempt's own amount."""
    with run.store().transaction() as tx:
        verdict = inbox.record(
            tx, acting(), attempt_id, result=AnswerResult(result), gateway_reference=reference, reason=reason
        )
    _write_verdict(run, verdict)


def _write(run: Invocation, of: Answer) -> None:
    run.write(shapes.answer_whole(of), lambda: _whole(of))


def _write_verdict(run: Invocation, verdict: Verdict) -> None:
    """Write an answer with the rule that judged it now, and the payment's status after it."""
    payment = verdict.payment
    now = {"rule": verdict.rule.name, "status": payment.status.value if payment else None}
    judged = [
        ("Judged now by", f"{verdict.rule.name}: {verdict.rule.says}"),
        ("Payment", f"{payment.number} is {payment.status.label}" if payment else None),
    ]
    run.write(shapes.answer_whole(verdict.answer) | now, lambda: f"{_whole(verdict.answer)}\n\n{facts(judged)}")


def _table(listed: list[Answer]) -> str:
    return table(
        (
            ("ID", "left"),
            ("Received at (UTC)", "left"),
            ("Reason", "left"),
            ("Result", "left"),
            ("Charge", "right"),
            ("Connector", "right"),
            ("Payment", "right"),
            ("Attempt", "left"),
        ),
        (
            (
                each.code,
                each.received_at,
                each.rule,
                each.given.result.value,
                each.charge,
                each.given.connector_id,
                each.payment_id,
                each.attempt_id or each.given.attempt_id,
            )
            for each in listed
        ),
        none="The inbox is empty.",
    )


def _raw(message: object) -> list[str]:
    """Return the message as it came, as one line of JSON in ASCII, so that nothing in it can steer a terminal."""
    return [] if message is None else [f"The gateway sent:\n{json_line(message)}"]


def _suggested(of: Answer, suggested: list[Suggestion] | None) -> list[str]:
    if suggested is None:
        return []
    listed = table(
        (("Attempt", "left"), ("State", "left"), ("Payment", "left"), ("Status", "left"), ("Why", "left")),
        (
            (
                each.attempt.id,
                each.attempt.state.value,
                each.payment.number,
                each.payment.status.label,
                ", ".join(each.reasons),
            )
            for each in suggested
        ),
        none="No attempt of the connector has its amount, or an id that is alike.",
    )
    return [f"It may be meant for one of these attempts (answer attach {of.code} ATTEMPT):\n{listed}"]


def _refused_table(listed: list[RefusedMessage]) -> str:
    return table(
        (
            ("At (UTC)", "left"),
            ("Connector", "right"),
            ("Status", "left"),
            ("From", "left"),
            ("Attempt", "left"),
            ("Reason", "left"),
        ),
        (
            (
                each.at,
                each.connector_id,
                "reply" if each.status is None else each.status,
                each.peer,
                each.attempt_id,
                each.reason,
            )
            for each in listed
        ),
        none="No message was refused.",
    )


def _whole(of: Answer) -> str:
    recorded = [("Recorded by", of.given.recorded_by), ("It was told", of.given.reason)]
    closed = [("Settled by", of.closed_by), ("Settled at", of.closed_at), ("Reason", of.closed_reason)]
    return facts(
        [
            ("ID", of.code),
            ("Received at", of.received_at),
            ("The gateway's time", of.given.timestamp),
            ("Result", of.given.result.value),
            ("Charge", of.charge),
            ("Gateway reference", of.given.gateway_reference),
            ("Message", of.given.message),
            ("Connector", of.given.connector_id),
            ("Attempt", of.attempt_id or of.given.attempt_id),
            ("Payment", of.payment_id),
            ("Rule", f"{of.rule}: {explain(of.rule)}"),
            ("In the inbox", of.in_inbox),
            ("The charge is", of.place.value if of.place else None),
            ("Same as", None if of.same_as is None else f"A{of.same_as}"),
            ("Came again", f"{of.repeats} {'time' if of.repeats == 1 else 'times'}" if of.repeats else None),
            ("Came by", of.given.origin.value),
            ("Signed with", f"the {of.given.key} key" if of.given.key else None),
            *(recorded if of.given.recorded_by else []),
            *(closed if of.closed_by else []),
        ]
    )
