"""The second outside judge: Slack's own TypeScript types, asked through the compiler."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.sandbox.slack.judges.corpus import Case

HERE = Path(__file__).parent
OPTIONS = (
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--pretty",
    "false",
    "--moduleResolution",
    "node10",
    "--module",
    "commonjs",
)
# A message is what every posting method takes; the types know single blocks best through KnownBlock.
HEAD = """\
import type { HomeView, KnownBlock, ModalView } from "@slack/types";
type Message = { text: string; blocks: KnownBlock[] };
type Modal = Omit<ModalView, "blocks"> & { blocks: KnownBlock[] };
type Home = Omit<HomeView, "blocks"> & { blocks: KnownBlock[] };
"""
TYPES = {"message": "Message", "modal": "Modal", "home": "Home"}


class Unavailable(Exception):
    """There is nobody to ask, and why."""


def installed() -> Path:
    """The compiler, brought by npm once. Raises Unavailable."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Unavailable("node and npm are not installed: the judge of @slack/types was not asked")
    compiler = HERE / "node_modules" / ".bin" / "tsc"
    if not compiler.exists():
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(f"npm could not bring @slack/types: {done.stderr.strip()[-300:]}")
    return compiler


def verdicts(cases: Sequence[Case], folder: Path) -> list[str | None]:
    """For each case why the compiler refuses it, or None. Raises Unavailable."""
    compiler = installed()
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    lines = [f"const c{n}: {TYPES[case.surface]} = {json.dumps(case.payload)};" for n, case in enumerate(cases)]
    (folder / "cases.ts").write_text("\n".join([HEAD.replace("\n", " "), *lines]))
    done = subprocess.run([str(compiler), *OPTIONS, "cases.ts"], cwd=folder, capture_output=True, text=True)
    found: list[str | None] = [None] * len(cases)
    for line, reason in re.findall(r"^cases\.ts\((\d+),\d+\): error (TS\d+: .*)$", done.stdout, re.MULTILINE):
        if int(line) == 1:
            raise AssertionError(f"the compiler does not understand the question: {reason}")
        found[int(line) - 2] = found[int(line) - 2] or reason[:300]
    return found
