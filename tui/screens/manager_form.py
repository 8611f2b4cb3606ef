"""The form of a manager: New with an email and a password, Edit with what can be changed later; and a new password."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.widgets import Input, Select, Static

from store import managers
from store.errors import ProblemItem
from store.managers import SHORTEST_PASSWORD, Manager, Permission
from store.store import View
from tui import look, work
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.reseller_select import ResellerSelect
from tui.widgets.toggles import Toggle

PERMISSIONS = tuple((each.label, each.value) for each in Permission)
PASSWORD_HINT = f"At least {SHORTEST_PASSWORD} characters; a short sentence is good."


class ManagerFormPage(FormPage):
    """What New and Edit share: the fields of both. `start` is the manager as read, None for a new one."""

    ENTRY = "managers"

    def __init__(self, start: Manager | None = None) -> None:
        super().__init__()
        self._start = start

    def compose_name(self) -> ComposeResult:
        """Compose the field of the name."""
        yield FormField("Name", "Name", Input(self._start.name if self._start else "", id="name"), required=True)

    def compose_rights(self) -> ComposeResult:
        """Compose permission and reseller."""
        chosen = (self._start.permission if self._start else Permission.READ_ONLY).value
        permission: Select[str] = Select(PERMISSIONS, value=chosen, allow_blank=False, id="permission")
        yield FormField("Permission", "Permission", permission, hint="Read Only sees all and changes nothing.")
        reseller = ResellerSelect(self._start.reseller_id if self._start else None)
        hint = "They see this reseller and those below it."
        yield FormField("Reseller", "Reseller", reseller, hint=hint)

    def show(self, view: View) -> None:
        """Offer the resellers; what is chosen stays chosen."""
        untouched = not self.has_changes()
        if self.query_one(ResellerSelect).offer(view, self.session.by) and untouched:
            self.remember()

    def typed(self) -> tuple[object, ...]:
        """Return what is typed and chosen now."""
        return (
            *(each.value for each in self.query(Input)),
            *(each.value for each in self.query(Select)),
            *(each.value for each in self.query(Toggle)),
        )

    def value(self, name: str) -> str:
        """Return what is typed in a field."""
        return self.query_one(f"#{name}", Input).value

    @property
    def permission(self) -> Permission:
        """The permission that is chosen."""
        return Permission(str(self.query_one("#permission", Select).value))


class ManagerNew(ManagerFormPage):
    """The empty form. Its result is the id of the manager that it has added."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New manager"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield from self.compose_name()
        email = Input(id="email", placeholder="anna@example.com")
        yield FormField(
            "Email", "Email", email, required=True, hint="They sign in with it; it cannot be changed later."
        )
        yield FormField("Password", "Password", Input(id="password", password=True), required=True, hint=PASSWORD_HINT)
        yield from self.compose_rights()

    def save(self) -> None:
        """Add the manager; hashing the password takes a moment on purpose."""
        add = partial(
            managers.add,
            self.session.store,
            self.session.by,
            name=self.value("name"),
            email=self.value("email"),
            password=self.value("password"),
            permission=self.permission,
            reseller_id=self.query_one(ResellerSelect).reseller_id,
        )
        work.start(self, add, self._added, problems=self.show_problems, refused=self.refuse)

    def _added(self, manager: Manager) -> None:
        self.notify(f"Manager {manager.id} is added.", markup=False)
        self.dismiss(manager.id)


class ManagerEdit(ManagerFormPage):
    """What can be changed of a manager. Its result is the manager's id."""

    SAVE = "Save"

    def __init__(self, manager: Manager) -> None:
        super().__init__(manager)
        self._manager = manager

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit manager {self._manager.id}"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield from self.compose_name()
        yield FormField("Email", "Email", Static(look.safe_text(self._manager.email)))
        yield from self.compose_rights()
        enabled = Toggle("can sign in", value=self._manager.enabled, id="enabled", compact=True)
        yield FormField("Enabled", "Enabled", enabled, hint="Who is not is signed out where they are, at once.")

    def save(self) -> None:
        """Change the manager."""
        command = partial(
            managers.update,
            by=self.session.by,
            manager_id=self._manager.id,
            version=self._manager.version,
            name=self.value("name"),
            permission=self.permission,
            reseller_id=self.query_one(ResellerSelect).reseller_id,
            enabled=self.query_one("#enabled", Toggle).value,
        )
        self.write(command, self._saved, problems=self.show_problems, refused=self.refuse)

    def _saved(self, manager: Manager) -> None:
        self.notify(f"Manager {manager.id} is changed.", markup=False)
        self.dismiss(manager.id)


class ManagerPassword(FormPage):
    """A new password for a manager, typed twice; it ends any block. Its result is the manager's id."""

    ENTRY = "managers"
    SAVE = "Save"

    def __init__(self, manager: Manager) -> None:
        super().__init__()
        self._manager = manager

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Password of manager {self._manager.id}"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield FormField("Email", "Email", Static(look.safe_text(self._manager.email)))
        yield FormField(
            "Password", "New password", Input(id="password", password=True), required=True, hint=PASSWORD_HINT
        )
        yield FormField("Again", "Again", Input(id="again", password=True), required=True)

    def typed(self) -> tuple[object, ...]:
        """Return what is typed now."""
        return tuple(each.value for each in self.query(Input))

    def save(self) -> None:
        """Set the password; hashing it takes a moment on purpose."""
        password = self.query_one("#password", Input).value
        if password != self.query_one("#again", Input).value:
            self.show_problems((ProblemItem("Again", "is not the same; type the new password a second time."),))
            return
        command = partial(managers.set_password, self.session.store, self.session.by, self._manager.id, password)
        work.start(self, command, self._set, problems=self.show_problems, refused=self.refuse)

    def _set(self, manager: Manager) -> None:
        self.notify(f"{manager.email} signs in with the new password from now on.", markup=False)
        self.dismiss(manager.id)
