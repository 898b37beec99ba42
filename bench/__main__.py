"""`python -m bench` lists the benchmarks; with a name it runs one, and exits 1 when an aim is missed."""

import argparse
import json
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

import bench
from bench.measure import Row, machine


class Benchmark(Protocol):
    """What a module offers to be one."""

    NAME: str
    SUMMARY: str

    def run(self, rounds: int) -> list[Row]:
        """`rounds` of everything; the more, the steadier."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Each figure beside its floor or peer.")
    parser.add_argument("name", nargs="?", help="which to run; without one they are listed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=4, help="the more, the steadier (%(default)s)")
    asked = parser.parse_args(arguments)
    known = benchmarks()
    if asked.name is None:
        for name in sorted(known):
            print(f"{name:<12} {known[name].SUMMARY}")
        return 0
    if asked.name not in known:
        parser.error(f"there is no benchmark {asked.name!r}, only {', '.join(sorted(known))}")
    here = machine()
    rows = known[asked.name].run(asked.rounds)
    if asked.json:
        print(json.dumps({"name": asked.name, "machine": here, "rows": [row.told() for row in rows]}))
    else:
        print(", ".join(f"{key} {value}" for key, value in here.items()))
        print(_table(rows))
    return 0 if all(row.ok for row in rows) else 1


def benchmarks() -> dict[str, Benchmark]:
    """By name, every module of this package that has one."""
    names = [module.name for module in pkgutil.iter_modules(bench.__path__) if module.name != "__main__"]
    modules = [import_module(f"bench.{name}") for name in names]
    return {module.NAME: cast(Benchmark, module) for module in modules if hasattr(module, "NAME")}


def _table(rows: Sequence[Row]) -> str:
    head = ("case", "value", "against", "ratio", "aim", "")
    lines = [
        (
            row.case,
            f"{row.value:,.3g} {row.unit}" if row.value < 100 else f"{row.value:,.0f} {row.unit}",
            row.against,
            f"{row.ratio:.3g}",
            row.aim,
            "" if not row.aim else "ok" if row.ok else "MISSED",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *lines))


if __name__ == "__main__":
    sys.exit(main())
