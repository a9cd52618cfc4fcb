"""Diagnose the Engine: system, interpreter, proof, disk, last error -> Markdown.

Standard library only: this runs also where there is no engine.
"""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..errors import EngineError
from ..installation.findings import finding_rows, last_errors, without_user
from ..installation.places import current, engine_folder
from ..installation.proving import prove
from ..job import Job
from ..tools.diagnose_engine import DiagnoseEngine


def run(request: DiagnoseEngine, job: Job) -> dict[str, str]:
    """Look at the engine and write down what is found; see ``DiagnoseEngine`` for the parameters."""
    folder = engine_folder(request.engine_folder)
    installed = current(folder)
    python = request.python or (installed.python if installed is not None else "")
    proof, state = None, "no engine is set up: run Set Up the Deep Learning Engine"
    if python:
        job.progress(0.1, "The engine computes")
        try:
            proof = prove(python, job)
            state = "the engine works"
        except EngineError as error:
            state = str(error)
    rows = finding_rows(request.host, folder, python, proof)
    lines = ["# Imagery Deep Learning: the engine", "", f"**{state}**", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {text} |" for name, text in rows]
    lines += ["", "## Last errors", "", "```", *(last_errors() or ["none"]), "```", ""]
    report = Path(request.out_report)
    with files.replaced(report, job) as temporary:
        temporary.write_text(without_user("\n".join(lines)), encoding="utf-8")
    job.message(state)
    return {"out_report": str(report), "out_state": state}
