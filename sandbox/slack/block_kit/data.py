"""Blocks that hold data: tables and charts.

https://docs.slack.dev/reference/block-kit/blocks/table-block, …/data-table-block, …/data-visualization-block"""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.block_kit.objects import ID
from sandbox.slack.block_kit.rich_text import RICH_TEXT
from sandbox.slack.block_kit.schema import (
    Check,
    Problem,
    array,
    enum,
    flag,
    integer,
    number,
    problem,
    record,
    string,
    then,
    typed,
)

MAX_TABLE_CHARACTERS = 10_000
MAX_COLUMNS = 20
# The documentation says 6; two later readings say 12. What holds under both is 6.
MAX_SERIES = 6

CELLS: dict[str, Check] = {
    "raw_text": record({"text": string(MAX_TABLE_CHARACTERS)}),
    "raw_number": record({"text": string(MAX_TABLE_CHARACTERS), "value": number}),
    "rich_text": RICH_TEXT,
}
ROWS = array(typed(CELLS), 1, MAX_COLUMNS)
COLUMN = record(optional={"align": enum("left", "center", "right"), "is_wrapped": flag})


def _column(value: Any, pointer: str) -> Iterator[Problem]:
    """null skips a column."""
    if value is not None:
        yield from COLUMN(value, pointer)


TABLE = record(
    {"rows": array(ROWS, 1, 100)},
    {"block_id": ID, "column_settings": array(_column, 0, MAX_COLUMNS)},
)


def _rectangular(value: Any, pointer: str) -> Iterator[Problem]:
    header, *rows = value["rows"]
    for column, cell in enumerate(header):
        if cell["type"] == "rich_text":
            yield problem("a header cell must be raw_text or raw_number", f"{pointer}/rows/0/{column}")
    for index, row in enumerate(rows, start=1):
        if len(row) != len(header):
            yield problem("every row must have as many cells as the first", f"{pointer}/rows/{index}")
    if value.get("row_header_column_index", 0) >= len(header):
        yield problem("must name a column", f"{pointer}/row_header_column_index")


DATA_TABLE = then(
    record(
        {"caption": string(3000), "rows": array(ROWS, 2, 101)},
        {"block_id": ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, MAX_COLUMNS - 1)},
    ),
    _rectangular,
)


def _positive(value: Any, pointer: str) -> Iterator[Problem]:
    if list(number(value, pointer)) or value <= 0:
        yield problem("must be more than 0", pointer)


NAME = string(20)
PIE = record({"segments": array(record({"label": NAME, "value": _positive}), 1, MAX_SERIES)})
SERIES = record({"name": NAME, "data": array(record({"label": NAME, "value": number}), 1, 20)})
AXES = record({"categories": array(NAME, 1, 20)}, {"x_label": string(50), "y_label": string(50)})


def _one_value_per_category(value: Any, pointer: str) -> Iterator[Problem]:
    categories = value["axis_config"]["categories"]
    for index, series in enumerate(value["series"]):
        if [point["label"] for point in series["data"]] != categories:
            yield problem("every series must have one value per category", f"{pointer}/series/{index}/data")


PLOT = then(record({"series": array(SERIES, 1, MAX_SERIES), "axis_config": AXES}), _one_value_per_category)
CHART = typed({"pie": PIE, "bar": PLOT, "line": PLOT, "area": PLOT})
DATA_VISUALIZATION = record({"title": string(50), "chart": CHART}, {"block_id": ID})
