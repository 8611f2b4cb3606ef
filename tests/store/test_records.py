"""Records are read by many threads at once, also the first time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from store.records import to_json
from tests.makers import Shop

READING = """
import sys
import threading
from store.payments import Payment
from store.records import from_json

line = sys.stdin.buffer.read()
sys.setswitchinterval(1e-6)
threads = 8
together = threading.Barrier(threads)


def read():
    together.wait()
    for _ in range(20):
        from_json(Payment, line)


reading = [threading.Thread(target=read) for _ in range(threads)]
for each in reading:
    each.start()
for each in reading:
    each.join()
"""


@pytest.mark.parametrize("_time", range(12))
def test_threads_that_read_a_kind_for_the_first_time_at_once_do_not_end_the_process(shop: Shop, _time: int) -> None:
    payment_id = shop.payment()
    shop.pay(payment_id)
    line = to_json(shop.now(payment_id))
    ran = subprocess.run([sys.executable, "-c", READING], input=line, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
