"""``python -m devtools.bench NAME``: run one bench and print its table; exit code 1 when something owed is not met."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .harness import Case, run_case, run_part, table


def bench_names() -> list[str]:
    """Return the benches: every module beside this one that is not the harness."""
    folder = Path(__file__).parent
    return sorted(file.stem for file in folder.glob("*.py") if file.stem not in ("__init__", "__main__", "harness"))


def load_cases(name: str) -> Sequence[Case]:
    """Import a bench and return its cases."""
    return importlib.import_module(f"{__package__}.{name}").CASES


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Ours against the limit, in turn, in processor time."
    )
    parser.add_argument("name", choices=bench_names(), help="which bench")
    parser.add_argument("--quick", action="store_true", help="only the small cases, fewer rounds: a first look")
    parser.add_argument("--case", action="append", default=[], help="only this case (may be given several times)")
    parser.add_argument("--rounds", type=int, help="how often ours and limit are run in turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--run", nargs=3, metavar=("CASE", "PART", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main() -> int:
    """Run the asked bench, or one part of one case when called by the harness itself."""
    asked = parse()
    cases = load_cases(asked.name)
    if asked.run:
        name, part, folder = asked.run
        run_part(cases, name, part, Path(folder), asked.result)
        return 0
    chosen = [case for case in cases if (not asked.case or case.name in asked.case) and (not asked.quick or case.quick)]
    if not chosen:
        print(f"bench {asked.name} has no such case; it has: {', '.join(case.name for case in cases)}", file=sys.stderr)
        return 2
    rows = [
        run_case(asked.name, case, asked.rounds or (min(3, case.rounds) if asked.quick else case.rounds))
        for case in chosen
    ]
    print(table(rows))
    records = [row.record() for row in rows]
    if asked.json:
        asked.json.write_text(json.dumps(records, indent=2) + "\n")
    return 0 if all(record["ok"] for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
