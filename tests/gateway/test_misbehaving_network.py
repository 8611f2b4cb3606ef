"""Engine and gateway with a misbehaving network between them and kill -9 of the engine: no money is lost or doubled.

One seed by default; `GATEWATCH_CHAOS_SEEDS=1-20` runs as many. A failure tells its seed: the messages' fates, the
payments and the engine's lives come out of it, the moments of the machine do not.
"""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gateway.behaviours import BEHAVIOURS, CHOICE_SETTING
from store import accounts, connectors, methods, payment_commands
from store.answers import Answer, ChargePlace
from store.connectors import ConnectorForm
from store.methods import MethodForm
from store.outside import SystemIds
from store.payments import Attempt, Payment
from store.states import AttemptState, PaymentStatus
from store.store import open_store
from store.upkeep import check
from tests.gateway.engine_process import SimulatedGateway, engine, sandbox
from tests.gateway.events import PATIENCE_SECONDS
from tests.gateway.live_shop import KEY
from tests.gateway.misbehaving_network import (
    TO_ENGINE,
    TO_GATEWAY,
    Fate,
    Moment,
    Network,
    Passage,
    Trap,
    misbehaving_network,
)
from tests.makers import ANNA

FIRST, _, LAST = os.environ.get("GATEWATCH_CHAOS_SEEDS", "20260302").partition("-")
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)
LIVES = 3
"""How many engines are killed, one after another, before the last one finds a calm network."""
PAYMENTS_IN_A_LIFE = 5
LONG_PERIOD = "15"
SHORT_PERIOD = "0.1"
"""Six seconds: for those whose answer comes after it, or never."""
LATE_AFTER_SECONDS = 6.5

SUCCEEDED = frozenset({AttemptState.SUCCEEDED})
FAILED = frozenset({AttemptState.FAILED})
UNDELIVERED = frozenset({AttemptState.UNDELIVERED})
OVERDUE = frozenset({AttemptState.OVERDUE})
ENDS: Mapping[str, tuple[str, frozenset[AttemptState]]] = MappingProxyType(
    {
        "success": (LONG_PERIOD, SUCCEEDED),
        "decline": (LONG_PERIOD, FAILED),
        "success-later": (LONG_PERIOD, SUCCEEDED),
        "decline-later": (LONG_PERIOD, FAILED),
        "pending": (LONG_PERIOD, SUCCEEDED),
        "twice": (LONG_PERIOD, SUCCEEDED),
        "second-charge": (LONG_PERIOD, SUCCEEDED),
        # Where the first reply is lost, the gateway goes on to say failure, and nothing else is ever heard of.
        "contradiction": (LONG_PERIOD, SUCCEEDED | FAILED),
        "refuse": (LONG_PERIOD, UNDELIVERED),
        "cut-once": (LONG_PERIOD, SUCCEEDED),
        "late-success": (SHORT_PERIOD, SUCCEEDED),
        "late-decline": (SHORT_PERIOD, FAILED),
        "silent": (SHORT_PERIOD, OVERDUE),
        "unmatched": (SHORT_PERIOD, OVERDUE),
        "wrong-amount": (SHORT_PERIOD, OVERDUE),
        "bad-signature": (SHORT_PERIOD, OVERDUE),
        "down": (SHORT_PERIOD, OVERDUE),
        "cut": (SHORT_PERIOD, OVERDUE),
        "success-after-decline": (LONG_PERIOD, SUCCEEDED),
        "bad-signature-later": (SHORT_PERIOD, OVERDUE),
        "wrong-attempt": (SHORT_PERIOD, OVERDUE),
        "malformed": (SHORT_PERIOD, OVERDUE),
        "redirect": (SHORT_PERIOD, OVERDUE),
        "busy-once": (LONG_PERIOD, SUCCEEDED),
        "hang-once": (LONG_PERIOD, SUCCEEDED),
        "forgetful": (SHORT_PERIOD, SUCCEEDED),
        # The first one counts; the others are held, and their attempts wait for another answer.
        "reused-reference": (SHORT_PERIOD, SUCCEEDED | OVERDUE),
        "wrong-clock": (LONG_PERIOD, SUCCEEDED),
    }
)
"""For each behaviour of the gateway the connector's period, and how an attempt that reached it must have ended."""
ENDED_WITH = frozenset({PaymentStatus.COMPLETED, PaymentStatus.CANCELLED})
"""How a payment may have ended with a success; one that came after it was cancelled is on the account."""
ENDED_WITHOUT = frozenset({PaymentStatus.WAITING, PaymentStatus.CANCELLED})


TOO_MANY = 429
"""The gateway cannot take the request now: nothing is known, and it may be sent again."""


class SeededIds(SystemIds):
    """Attempt ids out of a seed, so that the fates of an attempt's messages come out of it, too."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def attempt_id(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"


class Trade:
    """A store with a payment method for each behaviour of the gateway, and payments that are tried by any of them."""

    def __init__(self, folder: Path, seed: int, url: str) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - to be had again, not to be secret
        self.store = open_store(folder, ids=SeededIds(self._chance))
        schema = json.dumps([{"type": "string", "key": CHOICE_SETTING}])
        with self.store.transaction() as tx:
            self._account_id = accounts.create(tx, ANNA, name="Ada Lovelace", currency="EUR").id
            through = {
                period: connectors.create(
                    tx,
                    ANNA,
                    ConnectorForm(
                        name=f"{period} minutes", url=url, period_minutes=period, schema_text=schema, shared_key=KEY
                    ),
                ).id
                for period in {period for period, _ in ENDS.values()}
            }
            self._methods = {
                name: methods.create(
                    tx,
                    ANNA,
                    MethodForm(name=name, connector_id=through[period], settings={CHOICE_SETTING: name}),
                ).id
                for name, (period, _) in ENDS.items()
            }

    def payments(self) -> list[Payment]:
        """Return all payments as of now."""
        return list(self.store.view().all(Payment))

    def attempts(self) -> list[Attempt]:
        """Return all attempts as of now."""
        return [attempt for payment in self.payments() for attempt in payment.attempts]

    def start(self) -> None:
        """Start some new payments, and try again what is Waiting for payment; cancel one now and then."""
        for payment in self.payments():
            if payment.status is PaymentStatus.WAITING:
                with self.store.transaction() as tx:
                    if self._chance.random() < 0.2:
                        payment_commands.cancel(tx, ANNA, payment.id)
                    else:
                        payment_commands.start_attempt(tx, ANNA, payment.id, self._any_method())
        for _ in range(PAYMENTS_IN_A_LIFE):
            with self.store.transaction() as tx:
                made = payment_commands.create(tx, ANNA, account_id=self._account_id, total="129.00")
                payment_commands.start_attempt(tx, ANNA, made.id, self._any_method())

    def _any_method(self) -> int:
        return self._methods[self._chance.choice(list(ENDS))]


def told_by(log: Path, event: str) -> list[dict[str, Any]]:
    """Return the events of this name in a log of JSON lines."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [each for each in lines if each["event"] == event]


def paid_twice(asked: list[Passage]) -> list[str]:
    """Return what the engines sent that could charge an attempt a second time, or without a key to tell it by.

    `pay` may come again only while nothing is known of the one before, in the same life: no 2xx or 4xx came back. A
    later life asks `status` first, and pays again only when the gateway says that it never saw the attempt.
    """
    wrong: list[str] = []
    may_pay: dict[str, bool] = {}
    last: dict[str, Passage] = {}
    for each in asked:
        attempt_id, kind = each.body["attempt_id"], each.body["request"]
        before = last.get(attempt_id)
        if before is not None and before.life != each.life:
            may_pay[attempt_id] = False
        elif before is not None and not before.ended < each.arrived:
            wrong.append(f"{attempt_id}: {kind} was sent while another request was under way.")
        if kind == "pay" and not may_pay.get(attempt_id, True):
            story = "; ".join(map(in_words, (one for one in asked if one.body["attempt_id"] == attempt_id)))
            wrong.append(f"{attempt_id}: pay was repeated, though the one before was known to have arrived: {story}.")
        if kind == "pay" and each.idempotency_key != attempt_id:
            wrong.append(f"{attempt_id}: pay was sent with Idempotency-Key {each.idempotency_key!r}.")
        if each.brought_back or each.fate is Fate.GARBLE_REPLY:
            never_seen = each.reply is not None and each.reply.get("result") == "unknown" and each.brought_back
            if kind == "pay" and (each.status < 300 or 400 <= each.status < 500) and each.status != TOO_MANY:
                may_pay[attempt_id] = False
            elif kind == "status" and never_seen:
                may_pay[attempt_id] = True
        last[attempt_id] = each
    return wrong


def in_words(passage: Passage) -> str:
    """Return what became of a request in words."""
    came = f"{passage.status} {passage.reply}" if passage.status else "nothing"
    asked, way = passage.body["request"], "" if passage.brought_back else ", but not all the way"
    when = f"in life {passage.life}, {passage.arrived} to {passage.ended}"
    return f"{asked} {when} {passage.fate.words}: {came} came back{way}"


def missing(trade: Trade, network: Network) -> list[str]:
    """Return the acknowledged answers that the store does not hold."""
    kept = {
        (each.given.attempt_id, each.given.result.value, each.given.gateway_reference)
        for each in trade.store.view().all(Answer)
    }
    told = [each.body for each in network.acknowledged(KEY)]
    heard = [(each["attempt_id"], each["result"], each["gateway_reference"]) for each in told]
    return [f"{each} was acknowledged and is not in the store." for each in heard if each not in kept]


def wrongly_ended(trade: Trade, gateway: SimulatedGateway) -> list[str]:
    """Return the attempts and payments that are not as the rules say, by what the gateway decided about them."""
    behaviours = {each["attempt"]: each["behaviour"] for each in told_by(gateway.log, "pay")}
    charges = Counter(
        (each.attempt_id, each.place) for each in trade.store.view().all(Answer) if each.is_charge and each.attempt_id
    )
    wrong: list[str] = []
    for payment in trade.payments():
        for attempt in payment.attempts:
            name = behaviours.get(attempt.id)
            allowed = OVERDUE | UNDELIVERED if name is None else ENDS[name][1]
            if attempt.state not in allowed and not _nobody_waits(payment, attempt):
                wrong.append(f"{attempt.id} ({name}) is {attempt.state.value}; payment {payment.id}.")
            if attempt.state in SUCCEEDED and not any(charges[attempt.id, each] for each in ChargePlace):
                wrong.append(f"{attempt.id} has succeeded without a charge.")
        right = ENDED_WITH if any(each.state in SUCCEEDED for each in payment.attempts) else ENDED_WITHOUT
        if payment.status not in right:
            wrong.append(f"Payment {payment.id} is {payment.status.label}.")
    return wrong


def _nobody_waits(payment: Payment, attempt: Attempt) -> bool:
    """Say whether an attempt is not answered yet, but its payment was completed by another one: it is asked later."""
    return attempt.state is AttemptState.SENT and payment.status is PaymentStatus.COMPLETED


def is_settled(trade: Trade, gateway: SimulatedGateway) -> bool:
    """Say whether no payment is Processing and the gateway has nothing more to say."""
    later = [saying for each in told_by(gateway.log, "pay") for _, saying in BEHAVIOURS[each["behaviour"]].later]
    wanted = sum(not each.signed_wrongly for each in later)
    said = len(told_by(gateway.log, "answer acknowledged"))
    return said == wanted and all(each.status is not PaymentStatus.PROCESSING for each in trade.payments())


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def failing_with(seed: int) -> Iterator[None]:
    """Let a failure tell how to have it again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"Again with: GATEWATCH_CHAOS_SEEDS={seed} python -m pytest {Path(__file__).name}")
        raise


@pytest.mark.parametrize("seed", SEEDS)
def test_no_network_and_no_kill_loses_or_doubles_money(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"lives {seed}")  # noqa: S311 - to be had again, not to be secret
    with (
        failing_with(seed),
        misbehaving_network(seed) as network,
        sandbox(tmp_path, KEY, "--soon-after", "0.3", "--late-after", str(LATE_AFTER_SECONDS)) as gateway,
    ):
        network.to_gateway.target = gateway.url
        trade = Trade(tmp_path / "store", seed, f"{network.to_gateway.url}/pay")
        port = free_port()
        network.to_engine.target = f"http://127.0.0.1:{port}"
        serve = (trade.store.folder, "--public-url", network.to_engine.url, "--port", str(port), "--admin-port", "0")
        for _ in range(LIVES):
            network.life += 1
            with engine(*serve) as running:
                network.trap = Trap(
                    chance.choice([TO_GATEWAY, TO_ENGINE]), chance.randint(1, 8), chance.choice(list(Moment))
                )
                trade.start()
                network.trap.wait_for_it(seconds=chance.uniform(0.5, 2))
                running.process.kill()
                network.trap.release()
            assert check(trade.store).problems == ()
            assert missing(trade, network) == []
        network.life += 1
        network.calm = True
        with engine(*serve) as running:
            give_up_at = time.monotonic() + 3 * PATIENCE_SECONDS
            while not is_settled(trade, gateway) and time.monotonic() < give_up_at:
                time.sleep(0.1)

    with failing_with(seed):
        assert is_settled(trade, gateway), [each for each in trade.payments() if not each.status.closed]
        assert check(trade.store).problems == ()
        assert paid_twice(network.asked()) == []
        assert missing(trade, network) == []
        assert wrongly_ended(trade, gateway) == []
        assert told_by(running.log, "fault") + told_by(running.log, "http") == []
        assert told_by(gateway.log, "answer given up") == []
        assert {attempt.id for attempt in trade.attempts()} >= {each["attempt"] for each in told_by(gateway.log, "pay")}
        assert len({each.fate for each in network.passages}) > 3


def test_every_behaviour_of_the_gateway_has_an_end() -> None:
    assert ENDS.keys() == BEHAVIOURS.keys()


def passage(
    life: int, request: str, arrived: int, fate: Fate = Fate.PASS, result: str = "", key: str = "a1"
) -> Passage:
    """Return one request about attempt a1, with what came back of it."""
    reply = {"result": result} if result else None
    brought_back = fate is Fate.PASS
    body = {"request": request, "attempt_id": "a1"}
    return Passage(TO_GATEWAY, life, body, key, fate, arrived, arrived + 1, 200, reply, "", brought_back)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([passage(1, "pay", 1)], 0),
        ([passage(1, "pay", 1, Fate.DROP_REPLY), passage(1, "pay", 3)], 0),
        ([passage(1, "pay", 1, Fate.DROP), passage(2, "status", 3, result="unknown"), passage(2, "pay", 5)], 0),
        ([passage(1, "pay", 1), passage(1, "pay", 3)], 1),
        ([passage(1, "pay", 1, Fate.GARBLE_REPLY), passage(1, "pay", 3)], 1),
        ([passage(1, "pay", 1, Fate.DROP_REPLY), passage(2, "pay", 3)], 1),
        ([passage(1, "pay", 1), passage(2, "status", 3, result="pending"), passage(2, "pay", 5)], 1),
        (
            [
                passage(1, "pay", 1, Fate.DROP),
                passage(2, "status", 3, Fate.DROP_REPLY, "unknown"),
                passage(2, "pay", 5),
            ],
            1,
        ),
        ([passage(1, "pay", 1, Fate.DROP_REPLY), passage(1, "pay", 2)], 1),
        ([passage(1, "pay", 1, key="a2")], 1),
    ],
)
def test_what_could_charge_an_attempt_twice_is_found(asked: list[Passage], found: int) -> None:
    assert len(paid_twice(asked)) == found
