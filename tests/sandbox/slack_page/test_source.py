"""What the page's own files promise, read without a browser."""

import re
from pathlib import Path

import pytest

import sandbox.slack

STATIC = Path(sandbox.slack.__file__).parent / "static"
SCRIPTS = sorted(STATIC.glob("js/*.js"))
FILES = [*SCRIPTS, *sorted(STATIC.glob("css/*.css")), STATIC / "index.html"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup_or_code(path: Path) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(", path.read_text())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_says_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith("// ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    assert not re.search(r"""(url\(|src=|href=|from |import\(|fetch\()["']?(https?:)?//""", path.read_text())
