"""Inspect Training Data: training folders -> counts, looks, likeness, splits -> findings -> one page."""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..inspection.drawing import stretch_of
from ..inspection.evidence import ERROR, Evidence
from ..inspection.findings import findings_of
from ..inspection.gallery import gallery_of
from ..inspection.likeness import likeness_of
from ..inspection.looks import look_at
from ..inspection.page import PageContent, page_of
from ..inspection.sides import sides_of
from ..inspection.subject import subject_of
from ..inspection.worth import seen_sizes
from ..job import Job
from ..samples.folder import read_samples
from ..tools.inspect_training_data import InspectTrainingData

_READ, _LOOKED, _SPLIT = 0.15, 0.8, 0.85
"""Progress when the labels are read, the chips looked at, the splits tried."""


def run(request: InspectTrainingData, job: Job) -> dict[str, str]:
    """Inspect training data; see InspectTrainingData for the parameters."""
    out = Path(request.out_report)
    files.writable(out)
    job.progress(0.0, "Reading the labels")
    told = len(job.warnings)
    subject = subject_of(read_samples(request.in_folder, job, alike=False))
    warnings = tuple(job.warnings[told:])
    looks = look_at(subject, job, (_READ, _LOOKED))
    job.progress(_LOOKED, "Trying splits")
    sides, seen = sides_of(subject, job), seen_sizes(subject)
    findings = findings_of(Evidence(subject, looks, likeness_of(subject, looks), sides, seen, warnings))
    gallery = gallery_of(subject, findings, stretch_of(subject, looks), job, (_SPLIT, 1.0))
    content = PageContent(subject, findings, gallery, sides, seen, float(looks.void().mean()))
    with files.replaced(out, job) as temporary:
        temporary.write_text(page_of(content), encoding="utf-8")
    for finding in findings:
        tell = job.warn if finding.severity == ERROR else job.message
        tell(f"{finding.severity}: {finding.text} {finding.remedy}")
    errors = sum(finding.severity == ERROR for finding in findings)
    return {"out_report": str(out), "out_findings": str(len(findings)), "out_errors": str(errors)}
