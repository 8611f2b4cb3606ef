"""What the store holds now, for Prometheus: read at each scrape, at the cost of what was written since the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from store.answers import in_inbox
from store.archived_payment import ArchivedPayment
from store.connectors import Connector
from store.errors import StoreNotUsable
from store.gateway_watch import GatewayWatch
from store.judging import next_change_at
from store.overdue_tally import OverdueTally
from store.payments import Payment
from store.status_tally import StatusTally
from store.store import Store, View

NOTHING = timedelta()


class StoredMetrics(Collector):
    """What the store holds now. A store that cannot be read is told as such; the engine's own counts stay."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tally = StatusTally(store)
        self._overdue = OverdueTally(store)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing before the first scrape: the registry would read the store for it."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        """Yield the gauges of one moment of the store."""
        try:
            found = list(self._found())
            readable = 1
        except StoreNotUsable:
            found, readable = [], 0
        yield GaugeMetricFamily("gatewatch_store_readable", "Whether the store can be read.", value=readable)
        yield GaugeMetricFamily(
            "gatewatch_store_writable",
            "Whether the store may be written; 0 after a failed sync until gatewatch store check has been run.",
            value=int(readable and not self._stopped()),
        )
        yield from found

    def _stopped(self) -> bool:
        try:
            return self._store.database.stopped_because() is not None
        except StoreNotUsable:
            return True

    def _found(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        view, counts, fallen = self._tally.counts_now()
        payments = GaugeMetricFamily(
            "gatewatch_payments", "Payments by status as of now, without the archived ones.", labels=["status"]
        )
        for status, count in counts.items():
            payments.add_metric([status.value], count)
        yield payments
        yield GaugeMetricFamily(
            "gatewatch_payments_archived", "Payments that have aged out.", value=view.count(ArchivedPayment)
        )
        yield _by_connector(
            "gatewatch_attempts_overdue",
            "Attempts whose period is over without an answer and that are still asked about, by connector id.",
            dict.fromkeys(view.every_id(Connector), 0) | self._overdue.counts(view, fallen),
        )
        yield GaugeMetricFamily(
            "gatewatch_inbox_answers", "Answers that an operator must decide about.", value=len(in_inbox(view))
        )
        yield GaugeMetricFamily(
            "gatewatch_journal_bytes",
            "Size of the journal; a checkpoint makes it small again.",
            value=self._store.database.journal_bytes(),
        )
        yield _lag(view, fallen)
        yield from _watches(view)
        named = InfoMetricFamily("gatewatch_connector", "Connectors by id and name.", labels=["connector"])
        for connector in view.all(Connector):
            if connector.deleted_at is None:
                named.add_metric([str(connector.id)], {"name": connector.name})
        yield named


def connector_ids(store: Store) -> tuple[int, ...]:
    """Return the ids of all connectors, the deleted ones among them; none if the store cannot be read."""
    try:
        return store.view().every_id(Connector)
    except StoreNotUsable:
        return ()


def _lag(view: View, fallen: tuple[Payment, ...]) -> GaugeMetricFamily:
    """Return how far the engine is behind with writing down deadlines and due dates that have passed."""
    passed = (next_change_at(each) for each in fallen)
    lag = max((view.now - at for at in passed if at is not None), default=NOTHING)
    return GaugeMetricFamily(
        "gatewatch_period_timer_lag_seconds",
        "How long ago the oldest deadline or due date passed that is not written down yet; 0 if there is none.",
        value=lag.total_seconds(),
    )


def _watches(view: View) -> Iterator[GaugeMetricFamily]:
    """Yield how it stands with the gateways that were spoken to."""
    watches = list(view.all(GatewayWatch))
    failing = {each.id: each.failing_since for each in watches}
    yield _by_connector(
        "gatewatch_gateway_failing",
        "1 if the last request to the gateway was not taken or not answered, else 0, by connector id.",
        {key: int(since is not None) for key, since in failing.items()},
    )
    yield _by_connector(
        "gatewatch_gateway_failing_since_seconds",
        "Since when no request to the gateway was taken and answered, in Unix time, by connector id.",
        {key: since.timestamp() for key, since in failing.items() if since is not None},
    )
    yield _by_connector(
        "gatewatch_gateway_next_try_seconds",
        "When a gateway that is down is tried next, in Unix time, by connector id.",
        {each.id: each.next_try_at.timestamp() for each in watches if each.next_try_at is not None},
    )
    yield _by_connector(
        "gatewatch_gateway_messages_refused",
        "Messages of the gateway that were ever refused, by connector id; replies that were no answer among them.",
        {each.id: each.refused for each in watches},
    )


def _by_connector(name: str, text: str, values: Mapping[int, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=["connector"])
    for connector_id, value in values.items():
        family.add_metric([str(connector_id)], value)
    return family
