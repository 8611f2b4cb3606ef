"""What is done first with every message that arrives, whoever sent it: its type, strict JSON, then the signature.

Nothing of a message is believed before. The typed message comes after (`gateway.messages`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.errors import GatewayError
from gateway.signing import verify
from gateway.strict_body import JsonBody, read_body

JSON_MEDIA_TYPE = "application/json"
_MEDIA_TYPE = re.compile(r"[!-.0-~]{1,127}/[!-.0-~]{1,127}")


class SignatureRefused(GatewayError):
    """The signature is missing, or it is not that of this message under any key of the connector."""


def media_type(header: str | None) -> str:
    """Return the media type in the header `Content-Type`, None without one; empty if it holds none.

    aiohttp's own `content_type` reads the parameters, too, and takes seconds over some headers of 8 KiB, in which
    nobody else is served. What is returned is short enough to be told.
    """
    written = (header or "").partition(";")[0].strip().lower()
    return written if _MEDIA_TYPE.fullmatch(written) else ""


def verified_body(raw: bytes, signature: str | None, keys: Sequence[str]) -> tuple[JsonBody, int]:
    """Return the fields in `raw`, and the place in `keys` of the Secret Shared Key that signed them.

    `signature` is the value of the header `X-Signature`, None without one. Raises MalformedBody, then SignatureRefused.
    """
    body = read_body(raw)
    if not signature:
        raise SignatureRefused("The header X-Signature is missing.")
    for place, key in enumerate(keys):
        if verify(body, key, signature):
            return body, place
    raise SignatureRefused("The signature in X-Signature is not that of this message under the Secret Shared Key.")
