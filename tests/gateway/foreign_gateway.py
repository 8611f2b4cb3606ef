"""A whole payment gateway that speaks the wire, of Python's own library alone: a model for gateways' authors.

It verifies what it is sent and charges each attempt once. Each answer is in the signed reply, and is sent again by
itself until it is acknowledged: a reply that is lost loses nothing. Amounts that end in 01 are declined. A real gateway
keeps its ledger on a disk. Run it with the Secret Shared Key on standard input: `python foreign_gateway.py 9911`.
"""

import hmac
import json
import sys
import time
from contextlib import suppress
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

Body = dict[str, Any]
STATUS = {"request", "version", "attempt_id", "gateway_reference", "timestamp", "settings"}
CHARGE = {"payment_id", "payment_number", "account_id", "amount", "currency", "callback_url"}
PAY = STATUS - {"gateway_reference"} | CHARGE


def signature(body: Body, key: str) -> str:
    """Return the X-Signature of a message: names and values, sorted by name, under HMAC-SHA256."""
    fields = {**body, **{f"settings.{name}": value for name, value in body.get("settings", {}).items()}}
    text = "".join(name + fields[name] for name in sorted(fields) if name != "settings")
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def answer_to(request: Body, result: str) -> Body:
    """Return an answer, in which every field is always present; what does not apply is empty."""
    told = {"answer_id": f"{result}-{request['attempt_id']}", "attempt_id": request["attempt_id"], "result": result}
    told |= {name: request[name] if result == "success" else "" for name in ("amount", "currency")}
    told |= {"gateway_reference": f"charge-{request['attempt_id']}" if result == "success" else ""}
    told |= {"message": "The card was declined." if result == "failure" else ""}
    return told | {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


class Gateway(ThreadingHTTPServer):
    """The gateway and its ledger: what it has decided about each attempt."""

    def __init__(self, key: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Desk)
        self.key, self.ledger = key, dict[str, Body]()

    def reply_to(self, request: Body) -> Body:
        """Return the reply: the first `pay` of an attempt decides, the others and `status` are told what it did."""
        if request["request"] == "pay":
            answer = answer_to(request, "failure" if request["amount"].endswith("01") else "success")
            if self.ledger.setdefault(request["attempt_id"], answer) is answer:
                Thread(target=self.tell, args=(request["callback_url"], answer), daemon=True).start()
        return self.ledger.get(request["attempt_id"]) or answer_to(request, "unknown")

    def tell(self, url: str, answer: Body) -> None:
        """Send an answer by itself until it is acknowledged, with a signature that is right."""
        headers = {"Content-Type": "application/json", "X-Signature": signature(answer, self.key)}
        post = Request(url, json.dumps(answer).encode(), headers)  # noqa: S310 - the URL came in a signed message
        while True:
            time.sleep(0.2)
            with suppress(OSError, HTTPException), urlopen(post, timeout=10) as response:  # noqa: S310 - the same
                if response.headers["X-Signature"] == signature(json.load(response), self.key):
                    return


class Desk(BaseHTTPRequestHandler):
    """Takes one request: 401 for a signature that is not right, 422 for anything but the two messages."""

    server: Gateway

    def do_POST(self) -> None:
        """Verify before anything is believed, then reply signed."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        signed = hmac.compare_digest(self.headers.get("X-Signature", ""), signature(request, self.server.key))
        if not signed or set(request) not in (PAY, STATUS):
            self.send_error(422 if signed else 401)
            return
        reply = self.server.reply_to(request)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Signature", signature(reply, self.server.key))
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())


if __name__ == "__main__":
    Gateway(sys.stdin.readline().strip(), int(sys.argv[1])).serve_forever()
