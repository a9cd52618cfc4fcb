"""The page of an inspection: one HTML file with its pictures inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from ..training import plots
from .charts import class_graph, count_graph, size_graph
from .evidence import Finding
from .gallery import Gallery
from .sides import Sides
from .subject import Subject
from .worth import Seen

_MOST_CLASSES = 200


@dataclass(frozen=True)
class PageContent:
    """What a page shows.

    Attributes:
        subject: The training data.
        findings: What was found, worst first.
        gallery: The chips that are drawn.
        sides: What splits do.
        seen: Sizes that networks see well.
        void: Share of void pixels in the mean, 0..1.
    """

    subject: Subject
    findings: Sequence[Finding]
    gallery: Gallery
    sides: Sides | None
    seen: Seen | None
    void: float


def page_of(content: PageContent) -> str:
    """Return the page."""
    subject, gallery = content.subject, content.gallery
    template = Path(__file__).with_name("page.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    names = ", ".join(folder.name or str(folder) for folder in subject.samples.folders)
    findings = [
        {
            "severity": finding.severity,
            "text": finding.text,
            "remedy": finding.remedy,
            "chips": [gallery.chips[chip] for chip in finding.examples if chip in gallery.chips],
        }
        for finding in content.findings
    ]
    return environment.from_string(template).render(
        title=f"Training data {names}",
        summary=_summary(content),
        findings=findings,
        facts=_facts(content),
        counted=subject.counted,
        classes=_classes(subject),
        more_classes=max(0, len(subject.samples.classes) - _MOST_CLASSES),
        charts=_charts(content),
        by_class=[
            {"entry": subject.samples.classes[place], "chips": [gallery.chips[chip] for chip in chips]}
            for place, chips in gallery.by_class
        ],
        at_random=[gallery.chips[chip] for chip in gallery.at_random],
        many=len(subject),
    )


def _summary(content: PageContent) -> str:
    """Return what the data are and how many findings there are, in two sentences."""
    subject = content.subject
    held = int(subject.counts.sum())
    what = f" with {held:,} {subject.counted.lower()}" if subject.counted == "Objects" else ""
    kinds = {word: sum(f.severity == word for f in content.findings) for word in ("error", "warning", "note")}
    found = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in kinds.items() if count]
    classes = len(subject.samples.classes)
    return f"{len(subject):,} chips{what} of {classes} class{'' if classes == 1 else 'es'}. " + (
        f"Found: {', '.join(found)}." if found else "Nothing suspicious was found."
    )


def _facts(content: PageContent) -> list[tuple[str, str]]:
    """Return names and values of what is known of the data."""
    subject, samples = content.subject, content.subject.samples
    shapes, counts = np.unique(subject.shapes[:, 1:], axis=0, return_counts=True)
    usual = shapes[counts.argmax()]
    size = f"{usual[1]} x {usual[0]} pixels" + (f", and {len(shapes) - 1} other sizes" if len(shapes) > 1 else "")
    names = ", ".join(name or "unnamed" for name in samples.band_names) if any(samples.band_names) else ""
    sources = {source for source in samples.sources if source}
    facts = [
        ("Folder", "; ".join(str(folder) for folder in samples.folders)),
        ("Format", samples.metadata_format),
        ("Chips", f"{len(subject):,} of {size}"),
        ("Bands", f"{samples.bands} of {samples.dtype}" + (f" ({names})" if names else "")),
        ("Cell size", f"{samples.cell_size[0]:.6g}" if samples.cell_size else "not known"),
        ("Source images", str(len(sources)) if sources else "not known"),
        ("Void pixels", f"{content.void:.1%}"),
    ]
    if len(samples.classes):
        facts.append(("Chips without a label", f"{int(subject.empty.sum()):,} ({subject.empty.mean():.0%})"))
    if subject.counted == "Pixels":
        total = int(subject.shapes[:, 1:].prod(axis=1).sum())
        zero = "pixels without a label" if samples.unlabelled == 0 else "the background"
        facts.append(("Pixels of a class", f"{subject.counts.sum() / max(1, total):.1%}; 0 stands for {zero}"))
    if content.seen is not None and content.seen.factor != 1:
        facts.append(("Training shows chips", f"{content.seen.factor:.2f} times their size"))
    if content.sides is not None:
        shared = content.sides.shared
        words = "not known without georeference" if shared is None else f"{shared:.0%} of the validation chips leak"
        facts += [("Random split", words), ("Spatial split", content.sides.spatial)]
    return facts


def _classes(subject: Subject) -> list[dict[str, Any]]:
    """Return a row for each class."""
    totals, chips = subject.counts.sum(axis=0), (subject.counts > 0).sum(axis=0)
    everything = max(1, int(totals.sum()))
    sizes = np.sqrt(np.maximum(subject.sizes.prod(axis=1), 0)) if len(subject.boxes) else np.zeros(0)
    rows = []
    for place, entry in enumerate(subject.samples.classes[:_MOST_CLASSES]):
        mine = sizes[subject.values == entry.value] if len(sizes) else sizes
        rows.append(
            {
                "entry": entry,
                "total": f"{int(totals[place]):,}",
                "share": f"{totals[place] / everything:.1%}",
                "chips": f"{int(chips[place]):,}",
                "size": f"{np.percentile(mine, 5):.0f} / {np.median(mine):.0f} / {np.percentile(mine, 95):.0f}"
                if len(mine)
                else "",
            }
        )
    return rows


def _charts(content: PageContent) -> list[tuple[str, str]]:
    """Return address and caption of each chart."""
    subject = content.subject
    charts = []
    if subject.counts.sum() and len(subject.samples.classes) > 1:
        charts.append((class_graph(subject), f"Share of each class of all {subject.counted.lower()}."))
    if len(subject.boxes):
        caption = "Sizes of the objects, and which of them networks see well."
        charts.append((size_graph(subject, content.seen), caption))
        charts.append((count_graph(subject), "Objects of a chip."))
    return [(plots.data_uri(plots.svg(figure)), caption) for figure, caption in charts]
