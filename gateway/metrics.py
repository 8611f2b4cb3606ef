"""What Prometheus scrapes at `/metrics`.

What this engine did since it was started is counted as it is told to the event log, so that log and metrics never
disagree. What is stored is read at each scrape (`gateway.stored_metrics`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.door import Door, Ended
from gateway.log import Fact, Facts
from gateway.outcomes import ReplyFault
from gateway.stored_metrics import StoredMetrics, connector_ids
from store.store import Store

_SINCE_START = "since this engine was started"
_ANSWER_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)
_REQUEST_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LATE_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600)
ALERTED_RULES = ("second-charge", "second-success", "amount-mismatch", "reference-reused")
"""A gateway takes money twice, or the wrong amount: the first such answer of a connector is to be seen."""
ALERTED_STATUS = "401"


class EngineMetrics:
    """An event log that counts, and the page that Prometheus gets.

    What the first event of a kind is to be seen of stands at 0 before it: a rise cannot be seen in what is new.
    """

    def __init__(self, store: Store) -> None:
        self._registry = registry = CollectorRegistry()
        self._answers = Counter(
            "gatewatch_answers",
            f"Answers judged {_SINCE_START}, in replies and sent by gateways, by connector id and rule.",
            ["connector", "rule"],
            registry=registry,
        )
        # Remembered: to find one by its labels costs more than to count.
        self._answers_by: dict[tuple[str, str], Counter] = {}
        self._answer_seconds_of: dict[str, Histogram] = {}
        self._refused = Counter(
            "gatewatch_messages_refused",
            f"Messages that were not believed {_SINCE_START}, by connector id (empty: not known) and HTTP status.",
            ["connector", "status"],
            registry=registry,
        )
        self._replies_refused = Counter(
            "gatewatch_replies_refused",
            f"Replies of gateways that were no answer {_SINCE_START}, by connector id and what was wrong with them.",
            ["connector", "fault"],
            registry=registry,
        )
        self._not_stored = Counter(
            "gatewatch_answers_not_stored",
            f"Answers {_SINCE_START} that the store could not take, so that the gateway was told to send them again.",
            registry=registry,
        )
        self._answer_seconds = Histogram(
            "gatewatch_answer_seconds",
            f"Seconds from an attempt's sending to the answer that settled it, {_SINCE_START}.",
            ["connector"],
            buckets=_ANSWER_BUCKETS,
            registry=registry,
        )
        self._request_seconds = Histogram(
            "gatewatch_request_seconds",
            f"Seconds that a request to a gateway took, {_SINCE_START}, by connector id and request (pay, status).",
            ["connector", "request"],
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            "gatewatch_requests",
            f"Requests to gateways that ended {_SINCE_START}, by connector id, request and how they ended.",
            ["connector", "request", "ended"],
            registry=registry,
        )
        self._late_seconds = Histogram(
            "gatewatch_period_end_late_seconds",
            f"Seconds between a deadline or due date and its being written down, {_SINCE_START}.",
            buckets=_LATE_BUCKETS,
            registry=registry,
        )
        self._skews = Counter(
            "gatewatch_clock_skews",
            f"Answers {_SINCE_START} whose timestamp was more than 5 minutes from the time here, by connector id.",
            ["connector"],
            registry=registry,
        )
        self._faults = Counter(
            "gatewatch_faults", f"Faults of this program {_SINCE_START}; the log tells where.", registry=registry
        )
        self._connections = Gauge(
            "gatewatch_connections", "Connections that are open now, by port.", ["port"], registry=registry
        )
        self._connections_ended = Counter(
            "gatewatch_connections_ended",
            f"Connections {_SINCE_START} that a limit has ended, by port and reason.",
            ["port", "reason"],
            registry=registry,
        )
        Gauge(
            "gatewatch_engine_start_time_seconds", "When this engine was started, in Unix time.", registry=registry
        ).set(store.clock().timestamp())
        registry.register(StoredMetrics(store))
        self._store = store
        self._begun: set[int] = set()
        """The connectors whose counts stand at 0 at least."""
        self._counted: dict[str, Callable[[Facts], None]] = {
            "answer judged": self._answer_judged,
            "answer not stored": lambda _: self._not_stored.inc(),
            "message refused": self._message_refused,
            "request ended": self._request_ended,
            "time applied": self._time_applied,
            "clock skew": lambda facts: self._skews.labels(str(facts.get("connector"))).inc(),
            "connections ended": self._count_ended_connections,
            "fault": lambda _: self._faults.inc(),
        }

    def watch(self, door: Door) -> None:
        """Have the connections of a port told."""
        self._connections.labels(door.port).set_function(lambda: door.open)
        for why in Ended:
            self._connections_ended.labels(door.port, why.value)

    def page(self) -> bytes:
        """Return the page, in the text format of Prometheus 0.0.4. It reads the store: not for the event loop."""
        for connector_id in connector_ids(self._store):
            if connector_id not in self._begun:
                self._begin(str(connector_id))
                self._begun.add(connector_id)
        return generate_latest(self._registry)

    def write(self, event: str, **facts: Fact) -> None:
        """Count an event of the engine; those that no metric tells of are let by."""
        self.write_each(event, (facts,))

    def write_each(self, event: str, happened: Sequence[Facts]) -> None:
        """Count events of the engine."""
        count = self._counted.get(event)
        if count is not None:
            for facts in happened:
                count(facts)

    def _begin(self, connector: str) -> None:
        """Have what the alerts look at told of a connector before it happens: a few counts, whatever comes."""
        for rule in ALERTED_RULES:
            self._answers.labels(connector, rule)
        self._refused.labels(connector, ALERTED_STATUS)
        self._replies_refused.labels(connector, ReplyFault.SIGNATURE.value)
        self._skews.labels(connector)

    def _answer_judged(self, facts: Facts) -> None:
        connector, rule, seconds = str(facts.get("connector")), str(facts.get("rule")), facts.get("seconds")
        answers = self._answers_by.get((connector, rule))
        if answers is None:
            answers = self._answers_by[connector, rule] = self._answers.labels(connector, rule)
        answers.inc()
        if isinstance(seconds, float):
            observed = self._answer_seconds_of.get(connector)
            if observed is None:
                observed = self._answer_seconds_of[connector] = self._answer_seconds.labels(connector)
            observed.observe(seconds)

    def _message_refused(self, facts: Facts) -> None:
        # What a path names may be anything: only connectors that are there become a label.
        connector = "" if facts.get("known") == "no" else str(facts.get("connector"))
        self._refused.labels(connector, facts.get("status")).inc()

    def _request_ended(self, facts: Facts) -> None:
        connector, request, seconds = str(facts.get("connector")), facts.get("request"), facts.get("seconds")
        self._requests.labels(connector, request, facts.get("ended")).inc()
        fault = facts.get("fault")
        if fault is not None:
            self._replies_refused.labels(connector, fault).inc()
        if isinstance(seconds, float):
            self._request_seconds.labels(connector, request).observe(seconds)

    def _count_ended_connections(self, facts: Facts) -> None:
        count = facts.get("count")
        if isinstance(count, int):
            self._connections_ended.labels(facts.get("port"), facts.get("reason")).inc(count)

    def _time_applied(self, facts: Facts) -> None:
        seconds = facts.get("late_seconds")
        if isinstance(seconds, float):
            self._late_seconds.observe(seconds)
