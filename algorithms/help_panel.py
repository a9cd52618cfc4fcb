"""The help panel of a tool, from its declaration: what it does, a picture, each parameter, an example command."""

from __future__ import annotations

import html
import os
from pathlib import Path

from ..engine.docs import default_text, example_command
from ..engine.tools.arguments import ARGUMENTS
from ..engine.tools.kinds import Arguments
from ..provider.icons import FOLDER
from ..provider.words import tr


def picture_path(name):
    """Return the picture of a tool.

    Args:
        name: File name of the tool, such as ``detect_objects``.
    """
    return os.path.join(FOLDER, "help", f"{name}.svg")


def help_text(name, tool):
    """Return the help panel as HTML.

    Args:
        name: File name of the tool.
        tool: Its declaration.
    """
    lines = [f"<p>{tr(tool.__doc__)}</p>", f'<p><img src="{Path(picture_path(name)).as_uri()}" width="200"></p>']
    lines += [f"<p>{tr(tool.about)}</p>"] if tool.about else []
    declared = tool.parameters()
    for parameter in declared.values():
        parts = [tr(parameter.kind.help), _default(parameter), _applies(parameter, declared)]
        text = " ".join(part for part in parts if part)
        lines.append(f"<p><b>{tr(parameter.kind.label)}</b> ({parameter.name})<br>{text}</p>")
        lines += _arguments(parameter.kind)
    lines.append(f"<p><b>{tr('Example')}</b><br><code>{html.escape(example_command(tool))}</code></p>")
    return "\n".join(lines)


def _default(parameter):
    """Return the default as a sentence, empty where there is none."""
    default = default_text(parameter)
    return "" if default in ("required", "empty") else tr("Default: {}.").format(default)


def _applies(parameter, declared):
    """Return when a parameter matters, as a sentence; empty where it always does."""
    words = []
    for when in parameter.applies:
        label = tr(declared[when.name].kind.label)
        values = ", ".join(tr("yes") if value is True else value or tr("empty") for value in when.values)
        form = tr("{} is one of: {}") if values else tr("{} is given") if when.given else tr("{} is not given")
        words.append(form.format(label, values))
    return tr("Only where {}.").format("; ".join(words)) if words else ""


def _arguments(kind):
    """Return the arguments that models of a task take."""
    specs = ARGUMENTS.get(getattr(kind, "task", ""), ()) if isinstance(kind, Arguments) else ()
    return [
        f"<p>&nbsp;&nbsp;<i>{spec.name}</i>: {tr(spec.help)} "
        f"{tr('Default: {}.').format(spec.default or tr('by the model'))}</p>"
        for spec in specs
    ]
