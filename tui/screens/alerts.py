"""The dialog of `!` and `:alerts`: the alerts that stand, to acknowledge, and the rules that are watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui import look
from tui.alert_rules import AlertRule
from tui.alerts import Alert, Standing
from tui.look import Tone
from tui.widgets.choices import Choices
from tui.widgets.dialog import Dialog

if TYPE_CHECKING:
    from tui.alert_watch import AlertWatch

HINT = "Enter acknowledges an alert, A all: nothing rings before it has ended and begun again."
NO_RULES = 'No alert is set up. The settings file takes them:\n\n[alerts.late]\nmeasure = "late"\nabove = 5'


class AlertsDialog(Dialog[None]):
    """Show the alerts, and acknowledge them. `watch` is None where no rule is set up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark,q", "close", "Close", key_display="esc", id="alerts.close"),
        Binding("A", "acknowledge_all", "Acknowledge all", id="alerts.acknowledge_all"),
    ]

    def __init__(self, watch: AlertWatch | None, rules: Mapping[str, AlertRule]) -> None:
        super().__init__()
        self._watch = watch
        self._rules = rules
        self._shown: list[Alert] = []

    def compose_dialog(self) -> ComposeResult:
        """Compose the alerts, and below them the rules."""
        with Vertical(classes="dialog question"):
            yield Static("Alerts", classes="dialog-title")
            yield Choices()
            yield Static(look.dim("No alert stands now."), id="none-stands", classes="dialog-says")
            yield Static(look.dim(HINT), id="hint", classes="dialog-says")
            yield Static(look.dim("Watched"))
            with VerticalScroll(classes="question-says", can_focus=False):
                yield Static(_rules_text(self._rules))

    def on_mount(self) -> None:
        """Show what stands."""
        self.draw()

    def draw(self) -> None:
        """Show what stands now; called when that has changed."""
        choices = self.query_one(Choices)
        cursor = choices.highlighted or 0
        self._shown = [] if self._watch is None else self._watch.standing
        choices.set_options([Option(_line(each)) for each in self._shown])
        choices.highlighted = min(cursor, len(self._shown) - 1) if self._shown else None
        choices.display = bool(self._shown)
        self.query_one("#none-stands").display = bool(self._rules) and not self._shown
        self.query_one("#hint").display = any(each.standing is Standing.FIRING for each in self._shown)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Acknowledge the alert."""
        event.stop()
        self._acknowledge(self._shown[event.option_index : event.option_index + 1])

    def action_acknowledge_all(self) -> None:
        """Acknowledge every alert that fires."""
        self._acknowledge(self._shown)

    def action_close(self) -> None:
        """Go back to the page below."""
        self.dismiss(None)

    def _acknowledge(self, alerts: list[Alert]) -> None:
        if self._watch is not None:
            self._watch.acknowledge([each.key for each in alerts])


def _line(alert: Alert) -> Text:
    fires = alert.standing is Standing.FIRING
    sign = look.said("▲ ", Tone.WRONG) if fires else look.dim("✓ acknowledged ")
    said = look.safe_text(alert.text, Tone.STRONG if fires else Tone.DIM)
    return Text.assemble(sign, look.dim(f"{look.clock_text(alert.since)} "), said)


def _rules_text(rules: Mapping[str, AlertRule]) -> Text:
    if not rules:
        return Text(NO_RULES)
    lines = [
        Text.assemble(f"{look.safe(name)}: ", look.dim(look.safe(_rule_text(each)))) for name, each in rules.items()
    ]
    return Text("\n").join(lines)


def _rule_text(rule: AlertRule) -> str:
    return f"{rule}{f', quiet {rule.quiet} UTC' if rule.quiet else ''}"
