"""Settings of the plugin, in Processing's own options dialog (Settings, Options, Processing, Providers)."""

from __future__ import annotations

from processing.core.ProcessingConfig import ProcessingConfig, Setting

INTERPRETER = "IMAGERY_DEEP_LEARNING_INTERPRETER"


def add_settings(group: str, icon) -> None:
    """Show the settings under the provider's name."""
    ProcessingConfig.settingIcons[group] = icon
    ProcessingConfig.addSetting(
        Setting(
            group,
            INTERPRETER,
            "Python of the engine (empty: found by itself)",
            "",
            valuetype=Setting.FILE,
        )
    )
    ProcessingConfig.readSettings()


def remove_settings() -> None:
    """Take the settings away again."""
    ProcessingConfig.removeSetting(INTERPRETER)


def set_interpreter(path: str) -> None:
    """Remember an interpreter as the user's choice."""
    ProcessingConfig.setSettingValue(INTERPRETER, path)


def interpreter() -> str:
    """Return the interpreter that the user chose, or an empty text."""
    return str(ProcessingConfig.getSetting(INTERPRETER) or "").strip()
