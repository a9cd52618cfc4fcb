"""The texts that users read, collected into ``i18n/*.ts``, and those files compiled to ``*.qm``.

``python -m devtools.translations`` brings every .ts up to date: new texts are added without a translation, texts that
are gone are taken out, translations stay. ``lrelease`` (Debian: qttools5-dev-tools) compiles. ``--check`` changes
nothing and fails where a file is out of step.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from engine.models.registry import architectures
from engine.tools import TOOLS
from engine.tools.arguments import ARGUMENTS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "i18n"
CONTEXT = "ImageryDeepLearning"
LANGUAGES = ("fr",)
MENU = ("Set Up the Engine…", "Diagnose the Engine…")
"""Entries of the menu beside those of the panes."""

ESTIMATE = ("Work", "Memory and disk", "Note", "Time", "Memory in all")
"""Words of the engine's estimate."""

PLACES = {"tr": slice(1), "marked": slice(1), "Pane": slice(1), "counted": slice(1, 3)}
"""Functions that are given texts, and which of their arguments those are."""

SCANNED = ("algorithms", "gui", "provider")


def texts() -> list[str]:
    """Return every text that is shown to users, in a fixed order, each once."""
    return list(dict.fromkeys([*declared(), *called()]))


def declared() -> Iterator[str]:
    """Yield what declarations say: titles, groups, summaries, labels and help."""
    for tool in TOOLS.values():
        yield from filter(None, (tool.title, tool.group, tool.__doc__, tool.about))
        for parameter in tool.parameters().values():
            yield from filter(None, (parameter.kind.label, parameter.kind.help))
        for output in tool.derived:
            yield output.label
    for specs in [*ARGUMENTS.values(), *(entry.arguments for entry in architectures().values())]:
        yield from (spec.help for spec in specs if spec.help)
    yield from (entry.help for entry in architectures().values() if entry.help)
    yield from (*MENU, *ESTIMATE)


def called() -> Iterator[str]:
    """Yield the texts in calls of ``tr``, ``marked`` and ``counted``, and those that ``gui/menu.py`` lists."""
    for folder in SCANNED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    places = PLACES.get(node.func.id, slice(0))
                    yield from (str(text.value) for text in node.args[places] if isinstance(text, ast.Constant))


def read(path: Path) -> dict[str, str]:
    """Return the translations of a .ts file that are finished, by text."""
    if not path.is_file():
        return {}
    found = {}
    for message in ElementTree.parse(path).getroot().iter("message"):
        source, translation = message.findtext("source") or "", message.find("translation")
        if translation is not None and translation.text and translation.get("type") != "unfinished":
            found[source] = translation.text
    return found


def page(language: str, translations: dict[str, str]) -> str:
    """Return the content of a .ts file."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE TS>"]
    lines += [f'<TS version="2.1" language="{language}" sourcelanguage="en">', "<context>"]
    lines += [f"    <name>{CONTEXT}</name>"]
    for text in texts():
        known = translations.get(text, "")
        mark = "" if known else ' type="unfinished"'
        lines += ["    <message>", f"        <source>{escape(text)}</source>"]
        lines += [f"        <translation{mark}>{escape(known)}</translation>", "    </message>"]
    return "\n".join([*lines, "</context>", "</TS>", ""])


def is_compiled(path: Path) -> bool:
    """Return whether every translation of a .ts file stands in the .qm beside it."""
    compiled = path.with_suffix(".qm").read_bytes() if path.with_suffix(".qm").is_file() else b""
    return all(text.encode("utf-16-be") in compiled for text in read(path).values())


def update(path: Path, language: str) -> bool:
    """Bring a language up to date; return False where that takes a compiler and there is none."""
    known = read(path)
    path.parent.mkdir(exist_ok=True)
    path.write_text(page(language, known), encoding="utf-8")
    lacking = sum(text not in known for text in texts())
    print(f"{path.relative_to(ROOT)}: {len(texts())} texts, {lacking} without a translation")
    compiler = shutil.which("lrelease") or shutil.which("lrelease-qt5")
    if compiler is not None:
        subprocess.run([compiler, "-silent", str(path), "-qm", str(path.with_suffix(".qm"))], check=True)
    elif not is_compiled(path):
        print(f"lrelease is missing (Debian: qttools5-dev-tools): {path.name} is not compiled", file=sys.stderr)
        return False
    return True


def check(path: Path, language: str) -> bool:
    """Return whether a language is in step; say it where it is not."""
    in_step = path.is_file() and path.read_text(encoding="utf-8") == page(language, read(path)) and is_compiled(path)
    if not in_step:
        print(f"{path.relative_to(ROOT)} is not in step with the texts: run ./dev docs", file=sys.stderr)
    return in_step


def main(arguments: list[str]) -> int:
    """Bring every language up to date and compile it, or only look whether it is."""
    act = check if arguments == ["--check"] else update
    paths = {language: FOLDER / f"imagery_deep_learning_{language}.ts" for language in LANGUAGES}
    return int(not all([act(path, language) for language, path in paths.items()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
