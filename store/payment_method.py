"""What a payment method is: a connector made ready for customers, with the settings that its JSON Schema asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from store.records import Record

INTEGRATION_TYPE = "External Payment Gateway"
"""The one integration type there is."""


class PaymentMethod(Record, frozen=True, kw_only=True):
    """One payment method of a reseller. `settings` are the values of its *Connector settings*, by key.

    All of them are sealed, not only those that its schema masks: a key of the gateway is often typed into a field that
    somebody described as a plain text.
    """

    TABLE: ClassVar[str] = "payment_methods"
    WORD: ClassVar[str] = "payment method"
    SECRETS: ClassVar[tuple[str, ...]] = ("settings",)

    name: str
    enabled: bool
    connector_id: int
    settings: dict[str, Any]
    description: str
    reseller_id: int
    created_at: datetime
    deleted_at: datetime | None = None

    def __repr__(self) -> str:
        """Return the method without its settings, which may be secret."""
        return f"PaymentMethod(id={self.id}, name={self.name!r}, connector_id={self.connector_id})"
