"""The settings that a running panel goes by: what is wrong in them is told, and one that is saved counts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.settings import Settings
from tui.settings_file import Loaded, NotSaved, load, save

if TYPE_CHECKING:
    from tui.app import GatewatchApp

GROUP = "settings"


class SettingsInForce:
    """What was loaded at the start, and what the panel has saved since."""

    def __init__(self, app: GatewatchApp, loaded: Loaded) -> None:
        self._app = app
        self._loaded = loaded
        self._saving = asyncio.Lock()

    @property
    def settings(self) -> Settings:
        """The settings, without what the command line said."""
        return self._loaded.settings

    def begin(self) -> None:
        """Take over the keys, and tell what is wrong in the settings."""
        for problem in self._loaded.problems:
            self._app.notify(str(problem), title="Settings", severity="warning", markup=False)
        self._app.set_keymap(dict(self.settings.keys))
        if self.settings.keys:
            self._app.run_worker(self._check_keys(), group=GROUP)

    def save(self, names: tuple[str, ...], value: str | Sequence[str] | None, then: Callable[[], None]) -> None:
        """Write one value into the settings file in a thread, and put it in force; then call `then`."""
        self._app.run_worker(self._save(names, value, then), group=GROUP)

    async def _check_keys(self) -> None:
        from tui import keys  # noqa: PLC0415 - the first frame comes before it

        for each in await asyncio.to_thread(keys.problems_of, self.settings.keys):
            self._app.notify(each, title="Settings", severity="warning", markup=False)

    async def _save(self, names: tuple[str, ...], value: str | Sequence[str] | None, then: Callable[[], None]) -> None:
        app, path = self._app, self._loaded.path
        if path is None:
            app.notify("This panel was started without a settings file; nothing can be saved.", severity="warning")
            return
        try:
            async with self._saving:
                await asyncio.to_thread(save, path, names, value)
                self._loaded = await asyncio.to_thread(load, path, app.environment)
        except NotSaved as error:
            app.notify(str(error), severity="error", markup=False)
            return
        then()
