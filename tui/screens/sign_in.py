"""Sign in: email and password."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from store import managers
from tui import work
from tui.screens.doorstep import Doorstep
from tui.widgets.keys_footer import KeysFooter


class SignIn(Doorstep):
    """Asks who is there. Its result is the manager, after the password has been found right."""

    def __init__(self, said: str = "") -> None:
        super().__init__()
        self._said = said

    def on_mount(self) -> None:
        """Say why somebody was signed out."""
        if self._said:
            self.tell(f"Signed out: {self._said}.")

    def compose(self) -> ComposeResult:
        """Compose the form."""
        with Vertical(classes="doorstep"):
            yield Static("Gatewatch", classes="wordmark")
            yield Static("Operator Control Panel for payment gateway connectors", classes="byline")
            with Horizontal(classes="line"):
                yield Label("Email")
                yield Input(id="email", placeholder="such as anna@example.com")
            with Horizontal(classes="line"):
                yield Label("Password")
                yield Input(id="password", password=True)
            yield Static(id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Sign in", id="go", variant="primary", compact=True)
        yield KeysFooter()

    def send(self) -> None:
        """Ask the store in a worker; argon2 takes a moment on purpose. An empty field is no wrong password."""
        missing = next((each for each in self.query(Input) if not each.value), None)
        if missing is not None:
            self.tell(f"The {missing.id} is empty; write it.", wrong=True)
            missing.focus()
            return
        email = self.query_one("#email", Input).value
        password = self.query_one("#password", Input).value
        self.tell("Checking the password…")
        store = self.gatewatch.session.store
        work.start(self, lambda: managers.sign_in(store, email, password), self.dismiss, refused=self._refused)

    def _refused(self, sentence: str) -> None:
        self.tell(sentence, wrong=True)
        field = self.query_one("#password", Input)
        field.clear()
        field.focus()
