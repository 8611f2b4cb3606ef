"""When the engine sends what for an attempt: one pure function, `next_step` (design section 6, to the letter).

`pay` may repeat, with growing jittered pauses, until 15 minutes after the start or the deadline, whichever is first;
after a restart `status` is asked first, and from the deadline on only `status`. An attempt whose every try ended before
a byte was written is given up as soon as no further try fits before that limit: at the deadline it would be too late.
One that was refused by the gateway after a `pay` of which nothing is known has ended, but is asked about all the same:
that first `pay` may have taken the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from store.late_asks import next_late_ask_at
from store.payments import Attempt
from store.states import AttemptState

PAY_FOR = timedelta(minutes=15)
"""How long after its start an attempt's `pay` may be repeated, if its deadline is not sooner."""
LAST_ASK_BEFORE = timedelta(seconds=15)
"""How long before the deadline the last `status` goes out; half the period if that is shorter."""
LAST_CALL = timedelta(seconds=1)
"""How long before its limit an attempt is given up that still waits for a gateway that is down."""
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=2)


class StepKind(Enum):
    """What can be next."""

    PAY = "pay"
    STATUS = "status"
    GIVE_UP = "give up: surely never reached"


@dataclass(frozen=True, slots=True)
class Step:
    """What is next for an attempt, and from when."""

    kind: StepKind
    at: datetime


def next_step(
    attempt: Attempt, now: datetime, *, in_progress: bool, ask_first: bool, jitter: float, unmade: int = 0
) -> Step | None:
    """Return what the engine does next for an attempt, None if nothing; a step that lies behind `now` is due.

    `ask_first`: the attempt was sent before this engine started and has not been asked since. `unmade`: how many
    requests in a row could not even be made; the pauses grow with them as with those that were sent.

    `jitter`, from 0 to 1, makes a pause up to half longer, so that many attempts do not come back at once; it is an
    attempt's own, always the same, or each look at the plan would be another chance to come back early.
    """
    match attempt.state:
        case AttemptState.QUEUED:
            return _first_pay(attempt, now, jitter) if in_progress else None
        case AttemptState.SENT if ask_first:
            return _first_ask(attempt, now, jitter, unmade)
        case AttemptState.SENT:
            return _while_sent(attempt, now, jitter, unmade, in_progress=in_progress)
        case AttemptState.OVERDUE:
            return _late_ask(attempt)
        case AttemptState.UNDELIVERED if attempt.delivery.in_doubt:
            return _ask_in_doubt(attempt, jitter, unmade)
        case _:
            return None


def pay_until(attempt: Attempt) -> datetime:
    """Return the moment from which `pay` is not repeated any more."""
    limit = attempt.started_at + PAY_FOR
    return limit if attempt.deadline is None else min(limit, attempt.deadline)


def last_ask_at(attempt: Attempt) -> datetime | None:
    """Return when the last `status` before the deadline goes out, None without a deadline."""
    if attempt.deadline is None:
        return None
    half = (attempt.deadline - attempt.started_at) / 2
    return attempt.deadline - min(LAST_ASK_BEFORE, half)


def is_urgent(attempt: Attempt, step: Step, now: datetime) -> bool:
    """Say whether a step is carried out though the gateway was down just before and others wait for it.

    The first `pay` is: no customer waits for other payments' pauses. So are the last `status` before the deadline, and
    giving up.
    """
    if step.kind is StepKind.STATUS:
        last_at = last_ask_at(attempt)
        return attempt.state is AttemptState.SENT and last_at is not None and last_at <= now
    return step.kind is StepKind.GIVE_UP or attempt.state is AttemptState.QUEUED


def last_chance_at(attempt: Attempt, now: datetime) -> datetime | None:
    """Return when an attempt that waits for a gateway is to be looked at all the same, None if it is not."""
    if attempt.state is not AttemptState.SENT:
        return None
    moments = [last_ask_at(attempt), None if attempt.delivery.may_have_arrived else pay_until(attempt) - LAST_CALL]
    return min((each for each in moments if each is not None and each > now), default=None)


def waits_in_vain(attempt: Attempt, now: datetime, *, in_progress: bool) -> bool:
    """Say whether an attempt that waits for a gateway, and that surely never reached it, is to be given up now."""
    is_lost = attempt.state is AttemptState.SENT and not attempt.delivery.may_have_arrived
    return in_progress and is_lost and now >= pay_until(attempt) - LAST_CALL


def _first_ask(attempt: Attempt, now: datetime, jitter: float, unmade: int) -> Step | None:
    """Return the `status` after a restart: at once; if it could not even be made, again after growing pauses.

    Without a deadline the pauses grow to those of the slow schedule once `pay` could not be repeated any more.
    """
    sent_at = attempt.sent_at or attempt.started_at
    if not unmade:
        return Step(StepKind.STATUS, sent_at)
    again_at = (attempt.delivery.last_request_at or sent_at) + _pause(unmade, jitter)
    if attempt.deadline is None and again_at >= pay_until(attempt):
        return _late_ask(attempt)
    return _before_deadline(attempt, Step(StepKind.STATUS, again_at), now, unmade)


def _while_sent(attempt: Attempt, now: datetime, jitter: float, unmade: int, *, in_progress: bool) -> Step | None:
    """Return what is next for an attempt that may have reached the gateway and whose period is not over."""
    delivery = attempt.delivery
    last_request_at = delivery.last_request_at or attempt.sent_at or attempt.started_at
    if delivery.ask_soon and not delivery.asked_last:
        again_at = last_request_at + _pause(delivery.asks + unmade, jitter)
        if attempt.deadline is not None or again_at < pay_until(attempt):
            return _before_deadline(attempt, Step(StepKind.STATUS, again_at), now, unmade)
    elif in_progress and not delivery.ask_soon and not delivery.pay_stopped:
        again_at = last_request_at + _pause(delivery.pays + unmade, jitter)
        if max(again_at, now) < pay_until(attempt):
            return _before_deadline(attempt, Step(StepKind.PAY, again_at), now, unmade)
        # Where the deadline is the limit, its last `status` is one more chance to find the gateway up.
        is_last = delivery.asked_last or pay_until(attempt) != attempt.deadline
        if is_last and not delivery.may_have_arrived:
            return Step(StepKind.GIVE_UP, last_request_at)
    return _slow_ask(attempt, jitter, unmade)


def _first_pay(attempt: Attempt, now: datetime, jitter: float) -> Step:
    """Return the first `pay`: at once; if it could not even be made, again after pauses that grow with its age."""
    tried_at = attempt.delivery.last_request_at
    if tried_at is None:
        return Step(StepKind.PAY, attempt.started_at)
    age = min(max(tried_at - attempt.started_at, FIRST_PAUSE), LONGEST_PAUSE)
    again_at = tried_at + age * (1 + jitter / 2)
    if max(again_at, now) < pay_until(attempt):
        return Step(StepKind.PAY, again_at)
    return Step(StepKind.GIVE_UP, tried_at)


def _slow_ask(attempt: Attempt, jitter: float, unmade: int) -> Step | None:
    last_at = last_ask_at(attempt)
    if last_at is None:
        return _late_ask(attempt)
    if attempt.delivery.asked_last:
        return None
    tried_at = attempt.delivery.last_request_at
    if tried_at is not None and _was_tried(attempt, last_at, unmade):
        return Step(StepKind.STATUS, tried_at + _pause(unmade, jitter))
    return Step(StepKind.STATUS, last_at)


def _late_ask(attempt: Attempt) -> Step | None:
    at = next_late_ask_at(attempt)
    return None if at is None else Step(StepKind.STATUS, at)


def _ask_in_doubt(attempt: Attempt, jitter: float, unmade: int) -> Step | None:
    """Return the next `status` for an attempt that was refused after a `pay` of which nothing is known."""
    asked_at = attempt.delivery.last_request_at or attempt.started_at
    again_at = asked_at + _pause(attempt.delivery.asks + unmade, jitter)
    if attempt.delivery.ask_soon and again_at < attempt.started_at + PAY_FOR:
        return Step(StepKind.STATUS, again_at)
    return _late_ask(attempt)


def _before_deadline(attempt: Attempt, step: Step, now: datetime, unmade: int) -> Step:
    """Return the step, or the last `status` before the deadline if that is due first and has not gone out.

    A step that had to wait is behind it once its own moment is there. A last `status` that could not be made is tried
    again when the step's moment is there.
    """
    last_at = last_ask_at(attempt)
    if last_at is None or attempt.delivery.asked_last or max(step.at, now) < last_at:
        return step
    return Step(StepKind.STATUS, step.at if _was_tried(attempt, last_at, unmade) else last_at)


def _was_tried(attempt: Attempt, moment: datetime, unmade: int) -> bool:
    """Say whether the last request was to be made at a moment or after it, and could not."""
    tried_at = attempt.delivery.last_request_at
    return bool(unmade) and tried_at is not None and tried_at >= moment


def _pause(tries: int, jitter: float) -> timedelta:
    grown: timedelta = min(FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 20), LONGEST_PAUSE)
    return grown * (1 + jitter / 2)
