"""First start: a store with no manager asks for the one of the root reseller."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from store import managers
from store.errors import ProblemItem, Problems
from tui import work
from tui.screens.doorstep import Doorstep
from tui.widgets.keys_footer import KeysFooter

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Name": ("name", "yours, as others see it"),
        "Email": ("email", "such as anna@example.com"),
        "Password": ("password", f"at least {managers.SHORTEST_PASSWORD} characters"),
        "Password again": ("again", ""),
    }
)
"""The id of each field's input and what stands in it while it is empty, by what problem items call the field."""
DIFFERS = ProblemItem("Password again", "differs from the password above; write the same one twice.")


class FirstStart(Doorstep):
    """Creates the root manager. Its result is that manager, who is signed in then."""

    def compose(self) -> ComposeResult:
        """Compose the form."""
        with Vertical(classes="doorstep"):
            yield Static("Gatewatch", classes="wordmark")
            yield Static(
                "This store is new: nobody can sign in yet. You become the manager of its root reseller, with Full "
                "Control.",
                classes="byline",
            )
            for label, (name, hint) in FIELDS.items():
                with Horizontal(classes="line"):
                    yield Label(label)
                    yield Input(id=name, placeholder=hint, password=name in {"password", "again"})
            yield Static(id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Create manager", id="go", variant="primary", compact=True)
        yield KeysFooter()

    def send(self) -> None:
        """Create the manager in a worker; argon2 takes a moment on purpose."""
        name, email, password, again = (
            self.query_one(f"#{each}", Input).value for each in ("name", "email", "password", "again")
        )
        if password != again:
            self._problems((DIFFERS,))
            return
        create = partial(managers.create_first, self.gatewatch.session.store, name=name, email=email, password=password)
        self.tell("Making the manager…")
        work.start(self, create, self.dismiss, problems=self._problems, refused=partial(self.tell, wrong=True))

    def _problems(self, items: tuple[ProblemItem, ...]) -> None:
        self.tell(str(Problems(items)), wrong=True)
        self.query_one(f"#{FIELDS[items[0].field][0]}").focus()
