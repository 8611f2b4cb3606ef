"""The bare HTTP server: the engine's own, aiohttp, that reads a body and answers a constant; it keeps nothing.

It tells its URL in one line on standard output, and ends with standard input.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

CONSTANT = {
    "answer_id": "a-1",
    "attempt_id": "0" * 32,
    "rule": "answered-success",
    "status": "completed",
    "timestamp": "2026-03-02T09:00:00.000Z",
}
SIGNATURE = "0" * 64


async def take(request: web.Request) -> web.Response:
    """Read the body and answer the constant."""
    await request.read()
    return web.json_response(CONSTANT, headers={"X-Signature": SIGNATURE})


async def serve() -> None:
    """Serve until standard input ends."""
    app = web.Application()
    app.router.add_post("/connectors/{connector_id}/answers", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
