"""From a request to the pipeline of the same name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from .errors import ParameterError
from .job import PROTOCOL, Job
from .tools import TOOLS
from .tools.declaration import Tool


def request_from_plain(plain: Mapping[str, Any]) -> Tool:
    """Make the request that one JSON object describes: ``protocol``, ``tool``, ``parameters``.

    Raises:
        ParameterError: The protocol or the tool is unknown, or a parameter is refused.
    """
    if not isinstance(plain, Mapping) or not isinstance(plain.get("parameters", {}), Mapping):
        raise ParameterError('the request is no JSON object with tool and parameters: write {"tool": ..., ...}')
    protocol = plain.get("protocol", PROTOCOL)
    if protocol != PROTOCOL:
        raise ParameterError(
            f"the request speaks protocol {protocol} and this engine speaks {PROTOCOL}: "
            "update the plugin and the engine to the same version"
        )
    tool = plain.get("tool")
    if tool not in TOOLS:
        raise ParameterError(f"tool {tool!r} is unknown: choose one of {', '.join(TOOLS)}")
    return TOOLS[str(tool)].from_values(plain.get("parameters", {}))


def answer(plain: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Do what one JSON object asks for, and return its outputs; with ``estimate`` true, what a run would take.

    Raises:
        ParameterError: See ``request_from_plain``; or no estimate can be made of the tool.
    """
    request = request_from_plain(plain)
    if not plain.get("estimate"):
        return run_request(request, job)
    if not request.estimated:
        raise ParameterError(f"{request.title} cannot be estimated: run it")
    estimating = importlib.import_module(".inference.estimating", __package__)
    told: dict[str, Any] = estimating.estimate(request, job)
    return told


def run_request(request: Tool, job: Job) -> dict[str, str]:
    """Run a request and return its outputs, name to path or value."""
    name = next(name for name, tool in TOOLS.items() if isinstance(request, tool))
    pipeline = importlib.import_module(f".pipelines.{name}", __package__)
    outputs: dict[str, str] = pipeline.run(request, job)
    return outputs
