"""The form of a manager: New with an email and a password, Edit with what can be changed later; and a new password."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.widgets import Input, Select, Static

from store import managers
from store.errors import ProblemItem
from store.managers import SHORTEST_PASSWORD, Manager, Permission
from store.store import View
from tui import look, work
from tui.screens.form_page import FormPage
from tui.screens.record_form import RecordForm
from tui.widgets.form_field import FormField
from tui.widgets.reseller_select import ResellerSelect
from tui.widgets.toggles import Toggle

NAME_FIELD, EMAIL_FIELD, PASSWORD_FIELD, AGAIN_FIELD = "Name", "Email", "Password", "Again"
PERMISSION_FIELD, RESELLER_FIELD, ENABLED_FIELD = "Permission", "Reseller", "Enabled"
PERMISSIONS = tuple((each.label, each.value) for each in Permission)
PASSWORD_HINT = f"At least {SHORTEST_PASSWORD} characters; a short sentence is good."


class ManagerFormPage(FormPage):
    """What New and Edit share: the fields of both."""

    ENTRY = "managers"

    def start(self) -> Manager | None:
        """Return the manager that the fields start with, None for a new one."""
        return None

    def compose_name(self) -> ComposeResult:
        """Compose the field of the name."""
        start = self.start()
        yield FormField(NAME_FIELD, NAME_FIELD, Input(start.name if start else "", id="name"), required=True)

    def compose_rights(self) -> ComposeResult:
        """Compose permission and reseller."""
        start = self.start()
        chosen = (start.permission if start else Permission.READ_ONLY).value
        permission: Select[str] = Select(PERMISSIONS, value=chosen, allow_blank=False, id="permission")
        hint = "Read Only sees all and changes nothing."
        yield FormField(PERMISSION_FIELD, PERMISSION_FIELD, permission, hint=hint)
        reseller = ResellerSelect(start.reseller_id if start else None)
        yield FormField(RESELLER_FIELD, RESELLER_FIELD, reseller, hint="They see this reseller and those below it.")

    def show(self, view: View) -> None:
        """Offer the resellers; what is chosen stays chosen."""
        untouched = not self.has_changes()
        if self.query_one(ResellerSelect).offer(view, self.session.by) and untouched:
            self.remember()


class ManagerNew(ManagerFormPage):
    """The empty form. Its result is the id of the manager that it has added."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New manager"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield from self.compose_name()
        email = Input(id="email", placeholder="such as anna@example.com")
        hint = "They sign in with it; it cannot be changed later."
        yield FormField(EMAIL_FIELD, EMAIL_FIELD, email, required=True, hint=hint)
        password = Input(id="password", password=True)
        yield FormField(PASSWORD_FIELD, PASSWORD_FIELD, password, required=True, hint=PASSWORD_HINT)
        yield from self.compose_rights()

    def save(self) -> None:
        """Add the manager; hashing the password takes a moment on purpose."""
        values = self.values()
        add = partial(
            managers.add,
            self.session.store,
            self.session.by,
            name=values[NAME_FIELD],
            email=values[EMAIL_FIELD],
            password=values[PASSWORD_FIELD],
            permission=Permission(values[PERMISSION_FIELD]),
            reseller_id=values[RESELLER_FIELD],
        )
        work.start(self, add, self._added, problems=self.show_problems, refused=self.refuse)

    def _added(self, manager: Manager) -> None:
        self.notify(f"Manager {manager.id} is added.", markup=False)
        self.dismiss(manager.id)


class ManagerEdit(RecordForm[Manager], ManagerFormPage):
    """What can be changed of a manager. Its result is the manager's id."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit manager {self.record.id}"

    def start(self) -> Manager:
        """Return the manager as read."""
        return self.record

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield from self.compose_name()
        yield FormField(EMAIL_FIELD, EMAIL_FIELD, Static(look.safe_text(self.record.email)))
        yield from self.compose_rights()
        enabled = Toggle("can sign in", value=self.record.enabled, id="enabled", compact=True)
        hint = "Who is not is signed out where they are, at once."
        yield FormField(ENABLED_FIELD, ENABLED_FIELD, enabled, hint=hint)

    def read_again(self, view: View) -> Manager:
        """Return the manager as they are now."""
        return managers.get(view, self.session.by, self.record.id)

    def values_of(self, record: Manager) -> dict[str, Any]:
        """Return what the fields show of a manager."""
        return {
            NAME_FIELD: record.name,
            PERMISSION_FIELD: record.permission.value,
            RESELLER_FIELD: record.reseller_id,
            ENABLED_FIELD: record.enabled,
        }

    def part_text(self, name: str, value: object) -> str:
        """Return a field's value for people."""
        if name == PERMISSION_FIELD:
            return Permission(str(value)).label
        if name == RESELLER_FIELD:
            return self.query_one(ResellerSelect).name_of(value)
        if name == ENABLED_FIELD:
            return "can sign in" if value else "cannot sign in"
        return super().part_text(name, value)

    def save(self) -> None:
        """Change the manager, unless somebody else has changed them meanwhile."""
        values = self.values()
        command = partial(
            managers.update,
            by=self.session.by,
            manager_id=self.record.id,
            version=self.record.version,
            name=values[NAME_FIELD],
            permission=Permission(values[PERMISSION_FIELD]),
            reseller_id=values[RESELLER_FIELD],
            enabled=values[ENABLED_FIELD],
        )
        self.send(command, self._saved)

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
        yield FormField(EMAIL_FIELD, EMAIL_FIELD, Static(look.safe_text(self._manager.email)))
        password = Input(id="password", password=True)
        yield FormField(PASSWORD_FIELD, "New password", password, required=True, hint=PASSWORD_HINT)
        yield FormField(AGAIN_FIELD, AGAIN_FIELD, Input(id="again", password=True), required=True)

    def save(self) -> None:
        """Set the password; hashing it takes a moment on purpose."""
        password = self.values()[PASSWORD_FIELD]
        if password != self.values()[AGAIN_FIELD]:
            self.show_problems((ProblemItem(AGAIN_FIELD, "is not the same; type the new password a second time."),))
            return
        command = partial(managers.set_password, self.session.store, self.session.by, self._manager.id, password)
        work.start(self, command, self._set, problems=self.show_problems, refused=self.refuse)

    def _set(self, manager: Manager) -> None:
        self.notify(f"{manager.email} signs in with the new password from now on.", markup=False)
        self.dismiss(manager.id)
