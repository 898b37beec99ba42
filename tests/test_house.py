"""The rules of the house that a machine can hold: layers, one home per library, documentation that cannot rot."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.commands import QUESTIONS
from bot.load_settings import ENVIRONMENT, PREFIX
from bot.settings import Settings
from digests.checkins import CHECKINS

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
README = (ROOT / "README.md").read_text()

# Library → the folders that may import it. A library with one home can be replaced there.
HOMES = {
    "slack_bolt": ("bot",),
    "apscheduler": ("bot",),
    "typer": ("bot", "sandbox"),
    "slack_sdk": ("messages",),
    "matplotlib": ("charts",),
    "prometheus_api_client": ("metrics",),
    "alembic": ("storage",),
    "structlog": ("telemetry", "alerts", "bot", "digests", "messages", "operations"),
    "opentelemetry": ("telemetry", "sandbox"),
    "aiohttp": ("sandbox", "bench"),
}


def test_imports_run_down_only() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_its_home(library: str) -> None:
    strangers = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        if package not in HOMES[library] and package != "bench"
        for file in (ROOT / package).rglob("*.py")
        if library in imported(file)
    ]

    assert strangers == []


def test_the_clock_is_read_in_few_places() -> None:
    below = [package for package in PACKAGES if package not in ("bot", "sandbox", "bench", "telemetry")]
    readers = [
        str(file.relative_to(ROOT))
        for package in below
        for file in (ROOT / package).rglob("*.py")
        if re.search(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(", file.read_text())
    ]

    # the receiver of a command checks its time against its own clock, not against our database's
    assert readers == ["operations/platform.py"]


def test_every_folder_is_in_the_readme() -> None:
    assert [package for package in PACKAGES if f"`{package}/`" not in README] == []


def test_every_setting_is_explained() -> None:
    told = (ROOT / "checkin.toml").read_text()
    variables = {place[-1]: PREFIX + name for name, place in ENVIRONMENT.items()}
    names = [name for model in _models(Settings) for name in model]

    assert [name for name in names if name not in told and variables.get(name, name) not in told] == []


def test_every_command_is_in_the_readme() -> None:
    assert [question.command for question in QUESTIONS if f"`{question.command}" not in README] == []


def test_every_button_and_every_step_is_explained() -> None:
    page = (ROOT / "docs" / "checkins.md").read_text()
    sources = (file.read_text() for room in ("alerts", "digests", "operations") for file in (ROOT / room).glob("*.py"))
    labels = {
        label for source in sources for label in re.findall(r'(?:button\(\s*|label(?:: str)? ?= ?)f?"([^"{]+)', source)
    }
    steps = {step.title for checkin in CHECKINS.values() for step in checkin.steps}

    assert {"Approve", "Reject…", "Stop publishing…", "Confirm "} <= labels
    assert sorted(words for words in labels | steps if words not in page) == []


def test_every_page_that_is_named_is_there() -> None:
    """In what a reader follows: the README, the settings, the pages, and what the commands print."""
    told = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "checkin.toml", *(ROOT / "docs").glob("*.*")]
    told += [file for room in ("bot", "sandbox", "deploy", "runbooks") for file in (ROOT / room).rglob("*.*")]
    named = {(file, page) for file in told for page in re.findall(r"docs/[\w-]+\.\w+", _text(file))}
    beside = {(file, f"docs/{page}") for file in told[3:] for page in re.findall(r"\]\(([\w-]+\.md)\)", _text(file))}

    assert {page for _, page in named} >= {"docs/ingest.md", "docs/verify_proof.py", "docs/checkin.png"}
    assert [f"{file.name}: {page}" for file, page in named | beside if not (ROOT / page).is_file()] == []


def test_nothing_names_a_registry_or_this_machine() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    words = re.compile(r"pythonhosted|pypi\.org|registry\.npmjs|/work/main|/root/")
    named = [name for name in files if name != "tests/test_house.py" and words.search(_text(ROOT / name))]

    assert named == []


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _models(model: type) -> list[list[str]]:
    """The field names of a settings model and of those inside it."""
    from pydantic import BaseModel

    own = list(model.model_fields)  # type: ignore[attr-defined]
    inner = []
    for field in model.model_fields.values():  # type: ignore[attr-defined]
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner += [_models(kind) for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return [own, *(names for models in inner for names in models)]


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
