"""Who does something, and what they may do.

A manager sees their reseller and those below; a Read Only manager changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.errors import NotPermitted

ROOT_RESELLER_ID = 1
"""The reseller without a parent; every new store has it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody (a manager, a Unix user, the engine) acting at the level of one reseller."""

    name: str
    reseller_id: int = ROOT_RESELLER_ID
    full_control: bool = True

    @property
    def at_root(self) -> bool:
        """Whether they act at root reseller level."""
        return self.reseller_id == ROOT_RESELLER_ID

    def need_full_control(self) -> None:
        """Raise NotPermitted for a Read Only manager."""
        if not self.full_control:
            raise NotPermitted(f"{self.name} has Read Only permission; ask a manager with Full Control.")

    def need_root(self, what: str) -> None:
        """Raise NotPermitted unless they act at root reseller level; `what` starts the sentence."""
        if not self.at_root:
            raise NotPermitted(f"{what} are for managers of the root reseller only.")


ENGINE = Actor("engine")
"""The engine and the gateways that speak through it."""
