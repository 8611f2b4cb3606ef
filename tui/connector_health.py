"""How well each connector answers: success rate, answer times and lateness over some windows, and whether it is silent.

Each attempt counts once, at the minute at which it was settled: answered, over its period, or surely not delivered.
Kept are only sums for each minute of the last day, so that a change costs what it changes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain

import msgspec

from store.payments import Attempt, Payment, heard_at
from store.states import AttemptState
from tui.quantiles import quantile

MINIMUM_SAMPLE = 20
"""Under how many attempts no rate is judged: one of three failing says nothing."""
BARS = 8
"""How many parts of a window its trend shows."""
SILENT_TIMES = 3.0
"""A connector is silent after this many times its usual answer time."""
SHORTEST_SILENCE = timedelta(minutes=1)
SILENCE_WITHOUT_SAMPLE = timedelta(minutes=5)
LONGEST = timedelta(days=1)
SUMMED_OFTEN_UP_TO = 20_000
"""A window with more attempts is summed up once a minute: what a few seconds add to it does not show."""


class Window(Enum):
    """Over how long a connector is judged; the value is in minutes."""

    QUARTER = 15
    HOUR = 60
    DAY = 1440

    @property
    def label(self) -> str:
        """How screens call it."""
        return {Window.QUARTER: "15m", Window.HOUR: "1h", Window.DAY: "1d"}[self]


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One attempt: settled in a minute since 1970, or (`minute` None) sent and waited for.

    `sent_at` is there while no answer has settled it, also after its period; `heard_at` is when the gateway last said
    something of it, `answer_seconds` how long it took to settle it: None for what an operator has recorded.
    """

    connector_id: int
    minute: int | None
    succeeded: bool = False
    late: bool = False
    answer_seconds: float | None = None
    heard_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What some attempts in a window sum up to; a rate is None where there is none. Times are in seconds."""

    count: int
    success_rate: float | None = None
    late_share: float | None = None
    p50_seconds: float | None = None
    p95_seconds: float | None = None

    @property
    def is_judged(self) -> bool:
        """Whether there are enough attempts to judge by."""
        return self.count >= MINIMUM_SAMPLE


@dataclass(frozen=True, slots=True)
class Trend:
    """A window's figures, and those of its parts, the oldest first."""

    whole: Figures
    parts: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class ConnectorHealth:
    """One connector at a moment: how many attempts wait for it, when it was last heard, and its trends.

    `silent_for`: for how long the first attempt that was sent after it was last heard has had no answer, if that is
    longer than usual, whether its period is over or not.
    """

    connector_id: int
    waiting: int
    last_heard_at: datetime | None
    silent_for: timedelta | None
    trends: dict[Window, Trend]


@dataclass(slots=True)
class _Minute:
    """The attempts settled in one minute; their answer times are sorted."""

    count: int = 0
    succeeded: int = 0
    late: int = 0
    answer_seconds: array[float] = field(default_factory=lambda: array("d"))

    def add(self, sample: Sample, sign: int) -> None:
        self.count += sign
        self.succeeded += sign * sample.succeeded
        self.late += sign * sample.late
        if sample.answer_seconds is not None:
            place = bisect_left(self.answer_seconds, sample.answer_seconds)
            if sign > 0:
                self.answer_seconds.insert(place, sample.answer_seconds)
            else:
                del self.answer_seconds[place]


class HealthBook:
    """The samples of all payments, kept up by noting each payment again when it has changed."""

    def __init__(self, *, summed_often_up_to: int = SUMMED_OFTEN_UP_TO) -> None:
        self._summed_often_up_to = summed_often_up_to
        self._large: dict[tuple[int, Window], tuple[int, Trend]] = {}
        self._samples: dict[int, tuple[Sample, ...]] = {}
        self._minutes: defaultdict[int, defaultdict[int, _Minute]] = defaultdict(lambda: defaultdict(_Minute))
        self._waiting: Counter[int] = Counter()
        self._unanswered: defaultdict[int, dict[int, tuple[datetime, ...]]] = defaultdict(dict)
        """When the attempts of each payment were sent that have had no answer, by connector and payment."""
        self._heard: dict[int, datetime] = {}
        self._pruned_minute = 0

    def note(self, payment: Payment, now: datetime) -> None:
        """Take in a payment as it is at a moment, in the place of what was known of it."""
        self.forget(payment.id)
        oldest = self._prune(now)
        samples = tuple(each for each in samples_of(payment) if each.minute is None or each.minute > oldest)
        if not samples:
            return
        self._samples[payment.id] = samples
        for each in samples:
            if each.heard_at is not None:
                heard = self._heard.get(each.connector_id)
                self._heard[each.connector_id] = each.heard_at if heard is None else max(heard, each.heard_at)
            if each.minute is not None:
                self._minutes[each.connector_id][each.minute].add(each, 1)
            else:
                self._waiting[each.connector_id] += 1
            if each.sent_at is not None:
                of = self._unanswered[each.connector_id]
                of[payment.id] = (*of.get(payment.id, ()), each.sent_at)

    def forget(self, payment_id: int) -> None:
        """Take out what is known of a payment."""
        samples = self._samples.get(payment_id, ())
        self.let_go(payment_id)
        for each in samples:
            if each.minute is not None and each.minute in self._minutes[each.connector_id]:
                self._minutes[each.connector_id][each.minute].add(each, -1)

    def let_go(self, payment_id: int) -> None:
        """Remember of a payment that has aged out only what it counts for; if it comes back, it counts once more."""
        for each in self._samples.pop(payment_id, ()):
            self._waiting[each.connector_id] -= each.minute is None
            self._unanswered[each.connector_id].pop(payment_id, None)

    def at(self, now: datetime, connector_ids: Iterable[int]) -> list[ConnectorHealth]:
        """Return how these connectors are at a moment."""
        self._prune(now)
        return [self._of(each, now) for each in connector_ids]

    def _of(self, connector_id: int, now: datetime) -> ConnectorHealth:
        trends = {each: self._trend(connector_id, each, now) for each in Window}
        heard = self._heard.get(connector_id)
        sent = chain.from_iterable(self._unanswered[connector_id].values())
        silence = _silence(sent, heard, trends[Window.DAY].whole, now)
        return ConnectorHealth(connector_id, self._waiting[connector_id], heard, silence, trends)

    def _trend(self, connector_id: int, window: Window, now: datetime) -> Trend:
        """Sum a window up; its last minute is the one that has begun."""
        minutes = self._minutes[connector_id]
        end = _minute(now) + 1
        summed_at, large = self._large.get((connector_id, window), (0, None))
        if large is not None and summed_at == end:
            return large
        start = end - window.value
        parts: list[list[_Minute]] = [[] for _ in range(BARS)]
        for at in range(start, end):
            if at in minutes:
                parts[(at - start) * BARS // window.value].append(minutes[at])
        trend = Trend(_figures([each for part in parts for each in part]), tuple(map(_figures, parts)))
        if trend.whole.count > self._summed_often_up_to:
            self._large[(connector_id, window)] = (end, trend)
        return trend

    def _prune(self, now: datetime) -> int:
        """Let go what is older than every window, once a minute; return the newest minute that is."""
        oldest = _minute(now - LONGEST)
        if oldest <= self._pruned_minute:
            return oldest
        self._pruned_minute = oldest
        for minutes in self._minutes.values():
            for at in [each for each in minutes if each <= oldest]:
                del minutes[at]
        gone = [
            payment_id
            for payment_id, samples in self._samples.items()
            if all(each.minute is not None and each.minute <= oldest for each in samples)
        ]
        for payment_id in gone:
            self.let_go(payment_id)
        return oldest


def samples_of(payment: Payment) -> list[Sample]:
    """Return what each attempt of a payment counts for; a queued one counts for nothing yet."""
    found = [_sample(each, heard_at(payment, each.id)) for each in payment.attempts]
    return [sample for sample in found if sample is not None]


def _sample(attempt: Attempt, heard: datetime | None) -> Sample | None:
    sent_at = attempt.sent_at or attempt.started_at
    match attempt.state:
        case AttemptState.QUEUED:
            return None
        case AttemptState.SENT:
            return Sample(attempt.connector_id, None, heard_at=heard, sent_at=sent_at)
        case AttemptState.OVERDUE:
            over_at = _minute(attempt.deadline or attempt.started_at)
            return Sample(attempt.connector_id, over_at, late=True, heard_at=heard, sent_at=sent_at)
        case AttemptState.UNDELIVERED:
            return Sample(attempt.connector_id, _minute(attempt.delivery.last_request_at or attempt.started_at))
        case AttemptState.SUCCEEDED | AttemptState.FAILED:
            answered = attempt.answered_at or attempt.started_at
            by_gateway = attempt.sent_at is not None and heard is not None and heard >= answered
            took = (answered - sent_at).total_seconds() if by_gateway else None
            return Sample(
                attempt.connector_id,
                _minute(answered),
                succeeded=attempt.state is AttemptState.SUCCEEDED,
                late=attempt.deadline is not None and answered >= attempt.deadline,
                answer_seconds=took,
                heard_at=heard,
            )


def _silence(sent: Iterable[datetime], heard: datetime | None, day: Figures, now: datetime) -> timedelta | None:
    """Return for how long nothing was heard since an attempt was sent, if that is longer than usual.

    An attempt that was sent before the gateway was last heard says nothing of it: it may be lost, others are not.
    """
    since = min((each for each in sent if heard is None or each > heard), default=None)
    if since is None:
        return None
    usual = SILENCE_WITHOUT_SAMPLE
    if day.is_judged and day.p95_seconds is not None:
        usual = max(SHORTEST_SILENCE, timedelta(seconds=day.p95_seconds * SILENT_TIMES))
    silent = now - since
    return silent if silent > usual else None


def _figures(minutes: Sequence[_Minute]) -> Figures:
    count = sum(each.count for each in minutes)
    if not count:
        return Figures(0)
    seconds = [each.answer_seconds for each in minutes]
    return Figures(
        count,
        sum(each.succeeded for each in minutes) / count,
        sum(each.late for each in minutes) / count,
        quantile(seconds, 0.5),
        quantile(seconds, 0.95),
    )


def _minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)
