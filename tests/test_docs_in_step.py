"""The generated page is the one the declarations make, and what other pages tell people to type is what there is."""

import re
import shlex
from pathlib import Path

import pytest

from engine.docs import tools_page
from engine.tools import TOOLS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tools.md"
PAGES = sorted(
    file
    for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "requirements").glob("*.md"))
    if file != PAGE
)
BY_NAME = {tool.name: tool for tool in TOOLS.values()}


def commands(text):
    """Return the words of each command line in the sh blocks of a page."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


def typed(text):
    """Return each tool that a page calls with the parameters that it gives."""
    for words in commands(text):
        for at, word in enumerate(words):
            if word.startswith("deeplearning:") and words[at - 1] == "run":
                pairs = [re.sub(r"\$\w+", "1", pair) for pair in words[at + 1 :] if "=" in pair]
                values = [pair.partition("=")[::2] for pair in pairs]
                yield BY_NAME.get(word.partition(":")[2]), dict(values)
            if words[at : at + 2] == ["-m", "engine"] and len(words) > at + 2 and words[at + 2] not in ("docs", "run"):
                rest = [part for part in words[at + 3 :] if part != "..."]
                names = [part.removeprefix("--") for part in rest[::2]]
                yield TOOLS.get(words[at + 2]), dict(zip(names, rest[1::2], strict=False))


def test_the_tools_page_is_in_step_with_the_declarations():
    """`./dev docs` was run after the last change of a declaration."""
    assert PAGE.read_text(encoding="utf-8") == tools_page()


def test_every_tool_has_a_worked_example():
    """An example names every required parameter."""
    for tool in TOOLS.values():
        required = {name for name, parameter in tool.parameters().items() if parameter.required}
        assert required <= set(tool.example)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_name_tools_and_values_that_there_are(page):
    """Each is a request that its tool takes."""
    for tool, values in typed(page.read_text(encoding="utf-8")):
        assert tool is not None
        tool.from_values(values)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    """Files that a page names are there."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (page.parent / target).exists(), target


def test_the_readme_names_every_tool():
    """Each title stands in the overview."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [tool.title for tool in TOOLS.values() if tool.title not in text] == []
