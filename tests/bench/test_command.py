import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import bench
from bench.__main__ import main

MODULE = """
from bench.measure import Row

NAME = "toy"
SUMMARY = "A benchmark that was copied into the folder."


def run(rounds: int) -> list[Row]:
    return [Row("p50", 1.5 * rounds, "ms", "the floor", {ratio}, "<= 3"), Row("p99", 2, "ms", "the floor", 9)]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A second folder of the package `bench`."""
    monkeypatch.setattr(bench, "__path__", [*bench.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop("bench.toy", None)


def test_the_list_has_a_sentence_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert listed["ack"].startswith("Click → ack over Socket Mode")


def test_a_copied_file_is_a_benchmark(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "toy.py").write_text(MODULE.format(ratio=3))
    assert main([]) == 0
    assert "toy          A benchmark that was copied into the folder." in capsys.readouterr().out
    assert main(["toy"]) == 0
    assert "ok" in capsys.readouterr().out


def test_a_missed_aim_is_shown_and_exits_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "toy.py").write_text(MODULE.format(ratio=3.1))
    assert main(["toy"]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_json_is_one_object_and_exits_1_as_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "toy.py").write_text(MODULE.format(ratio=3.1))
    assert main(["toy", "--json", "--rounds", "2"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == [
        {"case": "p50", "value": 3.0, "unit": "ms", "against": "the floor", "ratio": 3.1, "aim": "<= 3", "ok": False},
        {"case": "p99", "value": 2.0, "unit": "ms", "against": "the floor", "ratio": 9.0, "aim": None, "ok": True},
    ]


def test_an_unknown_name_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["akc"])
    assert ended.value.code == 2
    assert "no benchmark 'akc', only ack" in capsys.readouterr().err


def test_what_benchmarks_share_is_not_one() -> None:
    from bench.__main__ import benchmarks

    assert "measure" not in benchmarks()
    assert all(isinstance(found, ModuleType) for found in benchmarks().values())
