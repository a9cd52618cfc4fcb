"""The tables of keys are those of the panes."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def keys_on(page):
    """Return the keys in the first column of a page's table."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").split("\n## Keys\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]*`[^|]*) \|", text, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row)}


def tuples(path):
    """Yield the tuples of texts at the top of a module by their name."""
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            yield node.targets[0].id, node.value


def added_keys(path):
    """Return the keys that a module gives to ``keyboard.add``."""
    found = re.findall(r'keyboard\.add\(\(((?:"[^"]+",? ?)+)\)', (ROOT / path).read_text(encoding="utf-8"))
    return {key for group in found for key in re.findall(r'"([^"]+)"', group)}


def test_the_page_of_labelling_tells_every_key():
    """Tools, segments, and the keys that belong to no button."""
    tools = dict(tuples("gui/labels/drawing_actions.py"))["TOOLS"]
    own = {ast.literal_eval(row.elts[0]) for row in tools.elts} | added_keys("gui/labels/drawing_actions.py")
    segments = re.search(r'^KEY, WHAT = "(.)"', (ROOT / "gui/labels/segments.py").read_text(encoding="utf-8"), re.M)
    own.add(segments[1])
    assert own - {"Return", "Enter", "Ctrl+Shift+Z"} <= keys_on("labelling.md")
    assert keys_on("labelling.md") - own <= {"1", "9", "0"}


def test_the_page_of_the_review_tells_every_key():
    """Those on the buttons, the numbers, and one to clear."""
    buttons = dict(tuples("gui/review/review_page.py"))["BUTTONS"]
    own = {ast.literal_eval(row.elts[2]) for row in buttons.elts}
    assert own <= keys_on("review.md")
    assert keys_on("review.md") - own == {"1", "9", "C"}
