"""Keeps the messages that were not believed, many at once: whoever floods us must not make us write a line for each.

They wait in memory for a second, under a flood for longer, and are then masked and written in one transaction. Only a
kill loses what waits; no answer is among them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.log import EventLog, place_of
from gateway.masking import shown_body, shown_reason
from gateway.on_disk import on_disk
from store.answers import Origin
from store.connectors import Connector
from store.errors import StoreNotUsable
from store.refused_messages import KEPT_OF_EACH, RefusedMessage, keep, secret_texts
from store.store import Store, Transaction

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""How long refused messages wait to be written: the pause doubles while more come than are kept."""
MOST_WAITING_BYTES = 4 << 20
"""How much of them waits in memory; beyond it a message is counted and kept without its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbelieved:
    """A message that was not believed, as it came: it must not be shown or stored before it is masked."""

    at: datetime
    origin: Origin
    status: int | None
    reason: str
    raw: bytes = field(default=b"", repr=False)
    peer: str = ""

    @property
    def size(self) -> int:
        """How much memory it takes while it waits, in bytes, but for what all of them take."""
        return len(self.raw) + len(self.reason)


class Waiting:
    """What is to be written of one connector: the newest messages, and how many came in all."""

    def __init__(self) -> None:
        self.messages: deque[Unbelieved] = deque(maxlen=KEPT_OF_EACH)
        self.count = 0

    def add(self, message: Unbelieved) -> int:
        """Add a message; return how many bytes more are waiting now."""
        full = len(self.messages) == KEPT_OF_EACH
        gone = self.messages[0].size if full else 0
        self.messages.append(message)
        self.count += 1
        return message.size - gone


class Refusals:
    """The refused messages of one engine on their way to the store."""

    def __init__(self, store: Store, log: EventLog) -> None:
        self._store = store
        self._log = log
        self._waiting: dict[int, Waiting] = {}
        self._waiting_bytes = 0
        self._came = asyncio.Event()

    def note(self, connector_id: int, message: Unbelieved) -> None:
        """Have a message of a connector that is there kept."""
        if self._waiting_bytes + message.size > MOST_WAITING_BYTES:
            message = Unbelieved(
                at=message.at, origin=message.origin, status=message.status, reason=message.reason, peer=message.peer
            )
        waiting = self._waiting.setdefault(connector_id, Waiting())
        self._waiting_bytes += waiting.add(message)
        self._came.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Write what waits, now and then until told to stop; what comes while the engine stops is for `write`."""
        pause = FIRST_PAUSE_SECONDS
        while not stop.is_set():
            await _first_of(self._came, stop)
            try:
                async with asyncio.timeout(pause):
                    await stop.wait()
            except TimeoutError:
                flooded = await self.write()
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if flooded else FIRST_PAUSE_SECONDS

    async def write(self) -> bool:
        """Write what waits; say whether more had come than is kept, or the store did not take it."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, {}, 0
        self._came.clear()
        if not waiting:
            return False
        try:
            records = await asyncio.to_thread(self._masked, waiting)
            await on_disk(self._store, lambda tx: _keep_all(tx, waiting, records))
        except StoreNotUsable as error:
            self._log.write("refused messages not stored", reason=str(error))
            self._put_back(waiting)
            return True
        except Exception as error:  # noqa: BLE001 - outermost: whatever came from outside must not end the engine
            self._log.write("fault", kind=type(error).__name__, place=place_of(error))
            return True
        return any(each.count > KEPT_OF_EACH for each in waiting.values())

    def _put_back(self, waiting: Mapping[int, Waiting]) -> None:
        """Let what could not be written wait again, before what came since."""
        since, self._waiting = self._waiting, dict(waiting)
        for connector_id, younger in since.items():
            older = self._waiting.setdefault(connector_id, Waiting())
            older.messages.extend(younger.messages)
            older.count += younger.count
        self._waiting_bytes = sum(each.size for one in self._waiting.values() for each in one.messages)
        self._came.set()

    def _masked(self, waiting: Mapping[int, Waiting]) -> dict[int, list[RefusedMessage]]:
        view = self._store.view()
        records: dict[int, list[RefusedMessage]] = {}
        for connector_id, each in waiting.items():
            connector = view.find(Connector, connector_id)
            if connector is not None:
                secrets = secret_texts(view, connector)
                records[connector_id] = [_record(connector_id, message, secrets) for message in each.messages]
        return records


def _record(connector_id: int, message: Unbelieved, secrets: frozenset[str]) -> RefusedMessage:
    body, attempt_id = shown_body(message.raw, secrets) if message.raw else ("", "")
    return RefusedMessage(
        id=0,
        connector_id=connector_id,
        at=message.at,
        origin=message.origin,
        status=message.status,
        reason=shown_reason(message.reason, secrets),
        body=body,
        size_bytes=len(message.raw),
        attempt_id=attempt_id,
        peer=message.peer,
    )


def _keep_all(tx: Transaction, waiting: Mapping[int, Waiting], records: Mapping[int, Sequence[RefusedMessage]]) -> None:
    for connector_id, messages in records.items():
        keep(tx, connector_id, messages, count=waiting[connector_id].count)


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
