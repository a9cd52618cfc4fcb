"""Statistics of label rasters, as Esri writes them."""

from engine.classes import ClassInfo
from engine.samples.pixel_statistics import ClassPixelStatistics

CLASSES = (ClassInfo(10, "Reed"), ClassInfo(20, "Open water"))


def filled():
    """Return the statistics of four chips; one has no class."""
    statistics = ClassPixelStatistics()
    for pixels in (((0, 84), (10, 16)), ((10, 30), (20, 70)), ((20, 100),), ((0, 100),)):
        statistics.add(pixels, 100)
    return statistics


def test_the_text_is_laid_out_as_esri_does():
    """Sizes are pixels a chip, over all chips; the mean counts chips without the class."""
    assert filled().text(CLASSES, 3, 10, 12).split("\r\n") == [
        "images = 4 *3*10*12",
        "classes = 2",
        "classes per image = [min = 0, mean = 1.00, max = 2]",
        "cls name              cls value     images   pixels      min size   mean size    max size",
        "Reed                         10          2         46        0.00       11.50       30.00",
        "Open water                   20          2        170        0.00       42.50      100.00",
        "",
    ]


def test_the_statistics_survive_json_and_go_on():
    """A class that every chip has keeps its smallest count; a new class has been missing so far."""
    statistics = filled()
    state = statistics.to_json(CLASSES)
    keys = "NumClasses NumImagesTotal NumImagesPerClass NumPixelsPerClass NumClassesPerImage PixelsPerClass"
    assert list(state) == keys.split()
    assert state["NumClassesPerImage"] == {"Min": 0.0, "Max": 2.0, "Mean": 1.0, "Sum": 4.0, "Count": 4}
    again = ClassPixelStatistics.from_json(state, CLASSES)
    assert again.to_json(CLASSES) == state and again.seen == 0
    again.add(((30, 7),), 100)
    found = again.to_json((*CLASSES, ClassInfo(30, "new")))
    assert found["PixelsPerClass"][2] == {"Min": 0.0, "Max": 7.0, "Mean": 1.4, "Sum": 7.0, "Count": 5}
    always = ClassPixelStatistics()
    always.add(((10, 5),), 10)
    always = ClassPixelStatistics.from_json(always.to_json(CLASSES[:1]), CLASSES[:1])
    always.add(((10, 8),), 10)
    assert always.to_json(CLASSES[:1])["PixelsPerClass"][0]["Min"] == 5.0
    assert (
        statistics.zeros == 184 and statistics.seen == 400 and statistics.words() == "216 labelled pixels of 2 classes"
    )
