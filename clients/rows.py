"""How a value becomes a row and a row a value again: what all tables of reports share."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Table, and_
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import insert

from clients.model import CalendarItem, Client, Connection, FunnelStep, Usage, WorkItem

Value = TypeVar("Value", Client, CalendarItem, Connection, Usage, FunnelStep, WorkItem)


def _values(value: Any) -> dict[str, Any]:
    return {name: dict(item) if isinstance(item, Mapping) else item for name, item in asdict(value).items()}


def load(kind: type[Value], row: Row[Any], /, **parsed: Any) -> Value:
    return kind(**{f.name: parsed.get(f.name, row._mapping[f.name]) for f in fields(kind)})


def replace(
    db: Db, table: Table, values: Iterable[Any], *, kept: Collection[str] = (), only: ColumnElement[bool] | None = None
) -> None:
    """Writes the rows; of one that is there the columns of `kept` stay, and all of it unless `only` holds."""
    keys = [column.name for column in table.primary_key]
    # Everybody takes the locks in the same order, so that two batches never wait for each other.
    rows = sorted((_values(value) for value in values), key=lambda row: [row[key] for key in keys])
    if not rows:
        return
    statement = insert(table)
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in (*keys, *kept)}
    # What is one client's never becomes another's, and an older version, overtaken on its way, replaces no newer one.
    fences = [statement.excluded.client_id == table.c.client_id]
    if "version" in table.c:
        fences.append(statement.excluded.version >= table.c.version)
    if only is not None:
        fences.append(only)
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=and_(*fences)), rows)
