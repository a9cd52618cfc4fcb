"""The page of messages quotes what the code says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "faq.md"
SOURCES = ("engine", "provider", "algorithms", "gui")
GAP = "\N{HORIZONTAL ELLIPSIS}"


def texts():
    """Yield every text of the code, with a gap where a value is filled in."""
    for folder in SOURCES:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)


def messages():
    """Return the headings that quote a message."""
    return re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def plain(text):
    """Return a text with single blanks and without quotation marks."""
    return re.sub(r"['\s]+", " ", text).strip()


@pytest.fixture(scope="module")
def spoken():
    """Return the texts of the code that could be messages."""
    return {plain(text) for text in texts() if len(text) > 12}


@pytest.mark.parametrize("message", messages())
def test_a_quoted_message_is_one_of_the_code(message, spoken):
    """It is one whole text of the code, with values in the gaps."""
    fixed = [plain(part) for part in message.split(GAP)]
    longest = max(fixed, key=len)
    wanted = re.compile(r"\s?.*?\s?".join(re.escape(part) for part in fixed), re.DOTALL)
    assert any(wanted.fullmatch(text) for text in spoken if longest in text)


def test_no_message_is_told_twice():
    """Each has one place."""
    assert len(messages()) == len(set(messages()))
