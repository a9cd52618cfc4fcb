"""Opens the dialog of a tool, filled with what a pane knows already."""

from __future__ import annotations


def open_tool(name, parameters=None):
    """Show the dialog of a tool and return it; None when QGIS has none for it.

    Args:
        name: The tool's id behind the provider's colon.
        parameters: Values that the dialog starts with; layers by their id.
    """
    import processing  # not there before Processing has started

    dialog = processing.createAlgorithmDialog(f"deeplearning:{name}", parameters or {})
    if dialog is not None:
        dialog.show()
    return dialog
