"""The engine's command line: a sub-command per tool, ``run request.json``, ``docs`` and ``worker``, made from TOOLS."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from .docs import tools_page
from .errors import ParameterError
from .job import ConsoleJob
from .outcome import DONE, USAGE, USER_ERROR, attempt
from .run import request_from_plain, run_request
from .tools import TOOLS
from .tools.declaration import Tool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    logging.basicConfig(level=os.environ.get("IMAGERY_DL_LOG", "ERROR"), format="%(levelname)s %(name)s: %(message)s")
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:
        return USAGE if end.code else DONE
    if options.command == "worker":
        from .worker import main as serve

        serve()
    if options.command == "docs":
        sys.stdout.write(tools_page())
        return DONE
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run a tool for a person at a terminal: messages on standard error, outputs as JSON on standard output."""
    job = ConsoleJob(sys.stderr)
    signal.signal(signal.SIGINT, lambda *_: job.cancel())
    outcome = attempt(lambda: run_request(_request(options), job))
    if outcome.error:
        job.warn(outcome.error) if outcome.code != USER_ERROR else sys.stderr.write(f"error: {outcome.error}\n")
    else:
        sys.stdout.write(json.dumps(outcome.outputs, indent=2) + "\n")
    return outcome.code


def _request(options: argparse.Namespace) -> Tool:
    """Return the request of a sub-command."""
    if options.command != "run":
        tool: type[Tool] = TOOLS[options.command]
        return tool.from_values({name: getattr(options, name) for name in tool.parameters()})
    try:
        plain = json.loads(Path(options.request).read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"{options.request} cannot be read ({error.strerror}): give a request file") from error
    except ValueError as error:
        raise ParameterError(f"{options.request} is not JSON ({error}): give a request file") from error
    return request_from_plain(plain)


def _parser() -> argparse.ArgumentParser:
    """Build the parser from the declarations."""
    parser = argparse.ArgumentParser(prog="python -m engine", description="Deep learning on imagery, without QGIS.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, tool in TOOLS.items():
        command = commands.add_parser(name, help=tool.title, description=tool.__doc__)
        for parameter in tool.parameters().values():
            text = f"{parameter.kind.help} ({parameter.kind.describe()})".strip()
            command.add_argument(
                f"--{parameter.name}", metavar="VALUE", required=parameter.required, help=text.replace("%", "%%")
            )
    command = commands.add_parser("run", help="run a request file: {tool, parameters}")
    command.add_argument("request", help="JSON file")
    commands.add_parser("docs", help="print docs/tools.md")
    commands.add_parser("worker", help="serve one request of QGIS on standard input")
    return parser
