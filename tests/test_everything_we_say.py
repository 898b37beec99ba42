"""All messages and views that Checkin can produce, before Slack's own two judges. See tests/sayings.py."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.slack.judges import python_sdk, typescript
from tests.sandbox.slack.judges.corpus import Case
from tests.sayings import ROOMS, ROOT, SAYS

# The first test to ask for `told` waits for a whole run of the quick tests of six rooms, traced line by line.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TALKATIVE = ("alerts", "dashboards", "digests", "operations", "messages",
             "bot/test_listeners.py", "bot/test_commands.py", "bot/test_home.py", "bot/test_audits_cli.py")  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """What each process that ran a share of those tests wrote down."""
    folder = tmp_path_factory.mktemp("sayings")
    tests = [str(ROOT / "tests" / name) for name in TALKATIVE]
    how = ["-q", "-n", "auto", "-m", "not slow", "-p", "no:cacheprovider", f"--sayings={folder}"]
    command = [sys.executable, "-m", "pytest", *how, *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in folder.iterdir()]


@pytest.fixture(scope="module")
def sayings(told: list[list[dict[str, Any]]]) -> list[Case]:
    """Messages and views, each once; a case's name is the function that made it."""
    said = {json.dumps(one): one for process in told for one in process if "by" in one}
    return [Case(one["by"], one["surface"], one["payload"]) for one in said.values()]


def _speakers() -> Iterator[str]:
    """module:function of everything in the house that says something to Slack."""
    for path in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield from (f"{module}:{name}" for name in _speaking(ast.parse(path.read_text()), ()))


def _speaking(node: ast.AST, scopes: tuple[str, ...]) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            yield from _speaking(child, (*scopes, child.name))
        else:
            if isinstance(child, ast.Call) and _called(child) in SAYS:
                yield ".".join(scopes)
            yield from _speaking(child, scopes)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_every_function_that_says_something_was_heard(sayings: list[Case]) -> None:
    heard = {case.name for case in sayings}
    assert sorted(set(_speakers()) - heard) == []
    assert {case.surface for case in sayings} == {"message", "modal", "home"}
    assert len(sayings) >= 100


def test_every_line_of_every_card_was_read(told: list[list[dict[str, Any]]]) -> None:
    unread = [{one["unread"] for one in process if "unread" in one} for process in told]
    assert set.intersection(*unread) == set()


def test_slacks_python_classes_take_all_of_it(sayings: list[Case]) -> None:
    assert [(case.name, said) for case in sayings if (said := python_sdk.verdict(case))] == []


def test_slacks_typescript_types_take_all_of_it(sayings: list[Case], tmp_path: Path) -> None:
    try:
        verdicts = typescript.verdicts(sayings, tmp_path)
    except typescript.Unavailable as reason:
        pytest.skip(str(reason))
    assert [(case.name, said) for case, said in zip(sayings, verdicts, strict=True) if said] == []
