"""Convert Training Data: training folders of any layout -> chips one by one with their labels -> a folder of ours."""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..conversion.chips import ChipRasters, second_source
from ..conversion.folder import ConvertedFolder, chips_at_most, cutting_of, image_format, kinds_of, record_of
from ..conversion.objects import has_several, known_of
from ..errors import ParameterError, SampleFolderError
from ..job import Job
from ..samples.exporting import PARTS
from ..samples.folder import SampleSet, read_samples
from ..samples.record import FolderRecord
from ..samples.registry import FROM, SampleFormat, get_sample_format, sample_formats
from ..samples.samples import second_image
from ..samples.target import continued, earlier_records, staged
from ..tools.convert_training_data import ConvertTrainingData


def run(request: ConvertTrainingData, job: Job) -> dict[str, str]:
    """Convert training data; see ConvertTrainingData for the parameters."""
    out = Path(request.out_folder)
    form = get_sample_format(request.metadata_format)
    earlier = earlier_records(out, form.sides)[0]
    job.progress(0.0, "Reading the labels")
    samples = read_samples(request.in_folder, job, alike=False)
    check_possible(samples, form, request)
    paired = form.pairs and all(second_image(sample) is not None for sample in samples.samples)
    rasters, cutting = ChipRasters(samples, form), cutting_of(request, samples, form, job)
    name = image_format(request, samples, cutting)
    first = samples.samples[0]
    source, second = rasters.source(first), second_source(first) if paired else None
    kinds = kinds_of(rasters, source, second, name, cutting)
    record = record_of(samples, request, form, kinds, cutting)
    if earlier is not None:
        record = continued(earlier, record, True, out, job)
    files.room_for(out, chips_at_most(samples, cutting) * sum(kind.bytes for kind in kinds), "the chips")
    rasters.widened = 0
    before = len(record.chips)
    parts = [*PARTS[: len(kinds)], *form.label_folders]
    with staged(out, earlier is not None, parts, job) as folder:
        target = ConvertedFolder(folder, form, cutting, record)
        for number, sample in enumerate(job.track(samples.samples, "Converting chips", start=0.1)):
            source, second = rasters.source(sample), second_source(sample) if paired else None
            kinds = kinds_of(rasters, source, second, name, cutting)
            with rasters.labelled(number, source, second) as chip:
                target.write(chip, kinds, job)
        written = len(record.chips) - before
        if not written:
            raise SampleFolderError(
                f"no chip of {request.in_folder[0]} has a label that can be written: check the folder"
            )
        _settle(record, folder, job)
    _tell(samples, form, rasters, target, job)
    job.message(f"{written} chips written; {out} holds {len(record.chips)} with {record.labels.words()}")
    return {"out_folder": str(out), "out_chips": str(written)}


def check_possible(samples: SampleSet, form: SampleFormat, request: ConvertTrainingData) -> None:
    """Refuse labels that cannot be made from what is known.

    Raises:
        ParameterError: The format needs more than the training data hold.
    """
    known = known_of(samples.samples[0])
    if form.by_object and (count := sum(map(has_several, samples.samples))):
        raise ParameterError(
            f"{count} chips of {request.in_folder[0]} have several classes and {request.metadata_format} gives each "
            f"chip one: choose MultiLabeled_Tiles"
        )
    if FROM.index(known) >= FROM.index(form.drawn_from):
        return
    choices = ConvertTrainingData.parameters()["metadata_format"].kind.describe()
    possible = [
        name
        for name, entry in sample_formats().items()
        if name in choices and FROM.index(known) >= FROM.index(entry.drawn_from)
    ]
    words = {"images": "no labels", "classes": "classes of whole chips", "boxes": "boxes"}[known]
    raise ParameterError(
        f"{request.in_folder[0]} holds {words} and {request.metadata_format} needs {form.drawn_from}: choose "
        f"{' or '.join(possible)}"
    )


def _settle(record: FolderRecord, folder: Path, job: Job) -> None:
    """Write the metadata; classes that no chip has are left out."""
    met = record.labels.values()
    record.classes = tuple(entry for entry in record.classes if entry.value in met)
    record.write(folder, job)


def _tell(samples: SampleSet, form: SampleFormat, rasters: ChipRasters, target: ConvertedFolder, job: Job) -> None:
    """Say what became of the chips."""
    if target.copied:
        job.message(f"{target.copied} chips are copied byte for byte")
    if rasters.widened:
        job.message(f"{rasters.widened} grey chips are written with three equal bands, like the others")
    if not form.pairs and any(second_image(sample) is not None for sample in samples.samples):
        job.warn("the second chips of the pairs are left out: this format has none")
    if target.record.unlabelled == 0:
        job.message("0 means unlabelled in the class maps, which nothing learns from")
