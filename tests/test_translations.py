"""Every text that users read stands in the translation files, and what is translated fits its text."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from devtools.translations import FOLDER, LANGUAGES, check, is_compiled, read, texts  # noqa: E402
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
    assert is_compiled(FOLDER / f"imagery_deep_learning_{language}.ts")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_finds_nothing(language):
    """`./dev lint` says the same as these tests."""
    assert check(FOLDER / f"imagery_deep_learning_{language}.ts", language)


def test_what_is_out_of_step_is_found(tmp_path, monkeypatch, capsys):
    """A text without an entry, and a file that was never compiled."""
    monkeypatch.setattr("devtools.translations.ROOT", tmp_path)
    path = tmp_path / "some.ts"
    path.write_text("<TS></TS>")
    assert not check(path, "fr")
    assert "run ./dev docs" in capsys.readouterr().err
    path.write_text("<TS><context><message><source>a</source><translation>b</translation></message></context></TS>")
    assert not is_compiled(path)
