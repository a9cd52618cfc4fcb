"""The generated page is the one the declarations make."""

from pathlib import Path

from engine.docs import tools_page
from engine.tools import TOOLS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tools.md"


def test_the_tools_page_is_in_step_with_the_declarations():
    """`./dev docs` was run after the last change of a declaration."""
    assert PAGE.read_text(encoding="utf-8") == tools_page()


def test_every_tool_has_a_worked_example():
    """An example names every required parameter."""
    for tool in TOOLS.values():
        required = {name for name, parameter in tool.parameters().items() if parameter.required}
        assert required <= set(tool.example)
