"""Every text that users read stands in the translation files, and what is translated fits its text."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from devtools.translations import FOLDER, LANGUAGES, read, texts  # noqa: E402
from engine.tools import TOOLS  # noqa: E402


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_stands_in_the_translation_file(language):
    """`python -m devtools.translations` was run after the last change of a text."""
    page = (FOLDER / f"imagery_deep_learning_{language}.ts").read_text(encoding="utf-8")
    listed = {re.sub("&(amp|lt|gt);", lambda m: {"amp": "&", "lt": "<", "gt": ">"}[m[1]], text)
              for text in re.findall("<source>(.*?)</source>", page, flags=re.DOTALL)}  # fmt: skip
    assert set(texts()) == listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_groups_and_labels_are_translated(language):
    """What dialogs show is read in the language."""
    known = read(FOLDER / f"imagery_deep_learning_{language}.ts")
    shown = {text for tool in TOOLS.values() for text in (tool.title, tool.group, tool.__doc__)}
    shown |= {parameter.kind.label for tool in TOOLS.values() for parameter in tool.parameters().values()}
    assert shown - set(known) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_that_are_filled_in(language):
    """A place too few would lose a value, one too many would break the dialog."""
    for text, translation in read(FOLDER / f"imagery_deep_learning_{language}.ts").items():
        assert text.count("{}") == translation.count("{}"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_is_not_older_than_its_texts(language):
    """Each translation stands in the .qm too."""
    path = FOLDER / f"imagery_deep_learning_{language}.ts"
    compiled = path.with_suffix(".qm").read_bytes()
    lost = [text for text in read(path).values() if text.encode("utf-16-be") not in compiled]
    assert lost == []
