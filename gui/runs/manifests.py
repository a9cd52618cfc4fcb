"""Runs of others in the list: a run manifest, which lies beside the outputs, becomes a record."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from datetime import datetime, timedelta

from ...algorithms.given_values import subject_of, values_of_request
from ...engine.errors import ParameterError
from ...engine.tools import TOOLS, kinds
from ...provider import run_records
from ...provider.run_records import DONE, without_secrets
from ...provider.words import tr

TARGETS = (kinds.NewFeatures, kinds.NewRaster)


def add_manifest(path, context):
    """Add the run that a manifest tells of to the list; one that is there already stays as it is.

    Args:
        path: The manifest, a ``.run.json`` file.
        context: A QgsProcessingContext.

    Returns:
        The record.

    Raises:
        ParameterError: It is no run manifest.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
        name, tool = next((name, tool) for name, tool in TOOLS.items() if tool.name == content["tool"])
        parameters, ended = dict(content["parameters"]), datetime.fromisoformat(content["finished"])
        seconds = float(content.get("timings", {}).get("seconds", 0.0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ParameterError(
            tr("{} is no run manifest: choose a .run.json file that lies beside an output").format(path)
        ) from error
    given, started = values_of_request(tool, parameters), ended - timedelta(seconds=seconds)
    begin = {
        "kind": "begin",
        "tool": name,
        "title": tool.title,
        "subject": subject_of(tool, given, context),
        "parameters": parameters,
        "given": given,
        "started": started.isoformat(timespec="seconds"),
    }
    outputs = {**_outputs(tool, content, given), "out_run_manifest": path}
    end = {"kind": "end", "state": DONE, "outputs": outputs, "error": "", "seconds": seconds}
    return _kept(path, started, [begin, *_warnings(content), end])


def _outputs(tool, content, given):
    """Return the outputs: as the manifest names them, else those of the request."""
    if isinstance(content.get("output"), dict):
        return content["output"]
    declared = tool.parameters()
    found = {name: place for name, place in given.items() if isinstance(declared[name].kind, TARGETS)}
    if isinstance(content.get("output"), str) and found:
        found[next(iter(found))] = content["output"]
    return found


def _warnings(content):
    """Return the warnings of a manifest as lines of a record."""
    return [{"kind": "warning", "text": str(text)} for text in content.get("warnings", ())]


def _kept(path, started, lines):
    """Write the lines of a record, unless the manifest has one already; return its path."""
    mark = hashlib.sha256(f"{path} {started}".encode()).hexdigest()[:6]
    record = os.path.join(run_records.folder(), f"{started.astimezone():%Y%m%d-%H%M%S}-000000-{mark}.jsonl")
    os.makedirs(run_records.folder(), exist_ok=True)
    with contextlib.suppress(FileExistsError), open(record, "x", encoding="utf-8") as stream:
        stream.writelines(json.dumps(without_secrets(line)) + "\n" for line in lines)
    return record
