"""The child tables of one load: elements are set aside while the parent's rows go in, and follow at the end.

PostgreSQL takes one COPY at a time on a connection, and which parents are in the table in the end (not those
that lost to a later record of their key, or that the table refused) is known only when they have settled.
Foreign keys cascade, so that rows go with their parent, whoever takes that out.
"""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import psycopg
from msgspec.structs import replace

from loadstone.core.children import POSITION, Link, link
from loadstone.errors import BalanceError, DestinationError, TableMismatch
from loadstone.model.batch import Chunk
from loadstone.model.contract import ChildPlan
from loadstone.model.load import ChildCounts
from loadstone.model.pipeline import Dataset
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.catalog import Target, find_target
from loadstone.postgres.connection import Connection
from loadstone.postgres.copy import CopyStream
from loadstone.postgres.ddl import Creation, create_schema, statement
from loadstone.postgres.fitting import Fitted, fit
from loadstone.postgres.identifiers import TableName, check_name, literal, quote
from loadstone.postgres.new_table import create_table
from loadstone.postgres.queries import query
from loadstone.postgres.refused import is_refusal, reason_of
from loadstone.postgres.staging import Field, Key, Staging, staged_fields

__all__ = ["ChildTables"]

_MEMORY = 4 * 1024 * 1024


class ChildTables:
    """All child tables of one load.

    Args:
        connection: inside the load's transaction.
        dataset: of the parent, as configured.
        parent: its table.
        load_id: of this load.
        stall_timeout: seconds without progress of a COPY after which the load is given up.

    Attributes:
        counts: what became of the elements, after `settle`.
    """

    def __init__(
        self, connection: Connection, dataset: Dataset, parent: Target, load_id: int, *, stall_timeout: float
    ) -> None:
        self._connection = connection
        self._dataset = dataset
        self._parent = parent
        self._load_id = load_id
        self._stall_timeout = stall_timeout
        self._stop = threading.Event()
        self._children: list[_Child] = []
        self.counts: tuple[ChildCounts, ...] = ()

    def prepare(self, plans: Sequence[ChildPlan]) -> tuple[ChildPlan, ...]:
        """Makes the tables ready; returns the plans to encode with.

        Raises:
            TableMismatch: a table, or the parent's, lacks what links them.
            TableBusy: another load is creating a table.
        """
        if not (self._parent.is_new or self._parent.shape.has_lineage):
            raise TableMismatch(
                "rows of a child find their parent by _load_id and _row, which the table does not have",
                where=self._parent.sql,
                hint=f"ALTER TABLE {self._parent.sql} ADD _load_id bigint, ADD _row bigint",
            )
        configured = list(self._dataset.children)
        for number, (key, plan) in enumerate(zip(configured, plans, strict=True)):
            tie = link(self._dataset, key)
            self._require_unique(tie)
            child = _Child(self._connection, self._parent, plan, tie, self._load_id, number)
            self._children.append(child)
            child.prepare()
        return tuple(child.plan for child in self._children)

    @property
    def creations(self) -> Iterator[Creation]:
        """How those tables came to be that this load made."""
        for child in self._children:
            if child.made is not None:
                yield child.made

    def write(self, chunks: Sequence[Chunk]) -> None:
        """Sets the elements of a chunk's records aside."""
        for child, chunk in zip(self._children, chunks, strict=False):
            child.write(chunk)

    def settle(self, staging: Staging | None) -> None:
        """Brings the elements of the parents that are in the table into theirs.

        Args:
            staging: where the parents' rows were until they went into the table; None: they went directly.

        Raises:
            DestinationError: a table refuses a row.
            BalanceError: the rows do not add up.
        """
        for child in self._children:
            child.settle(staging, self._copy, replaces=self._dataset.mode == "merge")
        self.counts = tuple(child.counts for child in self._children)

    def close(self) -> None:
        """Gives memory and disk back."""
        self._stop.set()
        for child in self._children:
            child.spool.close()

    def _require_unique(self, tie: Link) -> None:
        parent = self._parent
        if parent.is_new or parent.has_unique_key(tie.parent):
            return
        listed = ", ".join(quote(name) for name in tie.parent)
        raise TableMismatch(
            f"a foreign key cannot refer to ({listed}): there is no unique index on them",
            where=parent.sql,
            hint=f"CREATE UNIQUE INDEX ON {parent.sql} ({listed})",
        )

    def _copy(self, copy: str, spool: SpooledBytes) -> int:
        stream = CopyStream(self._connection, copy, stall_timeout=self._stall_timeout, stop=self._stop)
        for block in spool.blocks():
            stream.send(block)
        return stream.end()


class _Child:
    """One child table."""

    def __init__(
        self, connection: Connection, parent: Target, plan: ChildPlan, tie: Link, load_id: int, number: int
    ) -> None:
        self._connection = connection
        self._parent = parent
        self._link = tie
        self._load_id = load_id
        self._target: Target | None = None
        self._fitted = Fitted(plan.plan, {})
        self._staged = f"pg_temp.{quote(f'_loadstone_{load_id}_child_{number}')}"
        self.plan = plan
        self.made: Creation | None = None
        self.spool = SpooledBytes(_MEMORY)
        self.rows = 0
        self.counts = ChildCounts(plan.key, plan.table)

    # --- the table ---

    def prepare(self) -> None:
        target = find_target(self._connection, self.plan.table)
        if target is None:
            if not self.plan.plan.makes_table:
                return  # no element shows what it would be of
            target, self.made = create_table(self._connection, self.plan.table, self._creation)
        if self.made is None:
            self._require_link(target)
        own = {name: column for name, column in target.columns.items() if name not in self._link.reserved}
        self._fitted = fit(self.plan.plan, replace(target, columns=own))
        self.plan = replace(self.plan, plan=self._fitted.plan)
        self._target = target

    def _creation(self, name: TableName) -> Creation:
        tie = self._link
        lines = [f"{quote(own)} {self._type_of(own)} NOT NULL" for own in tie.child]
        lines.append(f"{quote(POSITION)} integer NOT NULL")
        for column in self.plan.plan.columns:
            check_name(column.name, "the name of a column")
            lines.append(f"{quote(column.name)} {column.type.definition}{' NOT NULL' * column.required}")
        linked = _listed(tie.child)
        references = f"REFERENCES {self._parent.sql} ({_listed(tie.parent)}) ON DELETE CASCADE"
        after = [
            f"ALTER TABLE {name.sql} ADD PRIMARY KEY ({linked}, {quote(POSITION)})",
            f"ALTER TABLE {name.sql} ADD FOREIGN KEY ({linked}) {references}",
        ]
        if not tie.is_lineage:
            lines += ['"_load_id" bigint', '"_row" bigint']
            after.append(f'CREATE INDEX ON {name.sql} USING brin ("_load_id") WITH (autosummarize = on)')
        comment = f"Loaded by loadstone: {self.plan.key} of {self._parent.name.written}"
        before = [
            f"CREATE TABLE {name.sql} (\n    " + ",\n    ".join(lines) + "\n)",
            f"COMMENT ON TABLE {name.sql} IS {literal(comment)}",
        ]
        if name.schema is not None:
            before.insert(0, create_schema(name.schema))
        return Creation(tuple(before), tuple(after), (), (*before, *after))

    def _require_link(self, target: Target) -> None:
        """An existing table must let its rows be found, and go, with their parent."""
        tie = self._link
        if lacking := sorted(tie.reserved - target.columns.keys()):
            adds = ", ".join(f"ADD {quote(name)} {self._type_of(name)}" for name in lacking)
            raise TableMismatch(
                f"the table lacks what makes it a child of {self._parent.sql}: {', '.join(lacking)}",
                where=target.sql,
                hint=f"ALTER TABLE {target.sql} {adds}, or `key:` under `children:` where the columns that"
                " refer to the parent are called otherwise",
            )
        parameters = {"table": target.sql, "parent": self._parent.sql}
        found = self._connection.execute(query("foreign_keys", "catalog"), parameters).fetchall()
        wanted = dict(zip(tie.child, tie.parent, strict=True))
        if not any(dict(zip(own, theirs, strict=True)) == wanted for own, theirs in found):
            raise TableMismatch(
                f"the table has no foreign key to {self._parent.sql} whose rows go with their parent",
                where=target.sql,
                hint=f"ALTER TABLE {target.sql} ADD FOREIGN KEY ({_listed(tie.child)})"
                f" REFERENCES {self._parent.sql} ({_listed(tie.parent)}) ON DELETE CASCADE",
            )

    def _type_of(self, name: str) -> str:
        if name in self._link.child and not self._link.is_lineage:
            return self._parent.columns[self._link.parent[self._link.child.index(name)]].declared
        return "integer" if name == POSITION else "bigint"

    # --- the rows ---

    def write(self, chunk: Chunk) -> None:
        self.counts = self.counts.plus(
            self.counts._replace(read=chunk.records, inserted=0, discarded=chunk.discarded, left_out=0)
        )
        self.rows += chunk.rows
        if chunk.rows:
            self.spool.append(chunk.tuples)

    def settle(
        self, staging: Staging | None, copy: Callable[[str, SpooledBytes], int], *, replaces: bool
    ) -> None:
        target = self._target
        if target is None:
            self.spool.close()
            return
        fields = staged_fields(self._fitted, target)
        columns = [
            '"_row" bigint',
            f"{quote(POSITION)} integer",
            *(f"{quote(f.name)} {f.type}" for f in fields),
        ]
        name = self._staged.removeprefix("pg_temp.")
        self._execute(f"CREATE TEMP TABLE {name} ({', '.join(columns)}) ON COMMIT DROP")
        names = _listed(["_row", POSITION, *self._fitted.plan.output_columns])
        copied = copy(f"COPY {self._staged} ({names}) FROM STDIN (FORMAT BINARY)", self.spool)
        self._execute(f"ANALYZE {self._staged}")
        parents = f"{self._parent.sql} AS p"
        condition = f"p._load_id = {self._load_id}"
        if staging is not None and not self._link.is_lineage:
            # By their key: the lineage of rows that were updated is not indexed well.
            of_parent = {field.name: field for field in staging.fields}
            key = Key(tuple(of_parent[name] for name in self._link.parent), has_nulls=False)
            parents += f" JOIN {staging.rows} AS r ON {key.equal('p', 'r')} AND p._row = r._row"
            if replaces and not target.is_new:
                self._delete(target, parents, condition)
        # Rows that went into an empty table directly are all of this load: no index finds one by its number.
        finds_one = staging is not None or self._link.is_lineage
        self._allow_nested_loops(finds_one)
        inserted = self._insert(target, fields, parents, condition)
        self._allow_nested_loops(True)
        for text in self.made.after if self.made is not None else ():
            self._change(target, text)
        self._count(target, copied, inserted, f"SELECT FROM {parents} WHERE {condition} AND p._row = s._row")
        self.spool.close()

    def _allow_nested_loops(self, allowed: bool) -> None:
        state = "on" if allowed else "off"
        self._connection.execute(b"SELECT set_config('enable_nestloop', %s, true)", [state])

    def _delete(self, target: Target, parents: str, condition: str) -> None:
        """What the parents at hand had before."""
        pairs = zip(self._link.child, self._link.parent, strict=True)
        same = " AND ".join(f"c.{quote(own)} = p.{quote(theirs)}" for own, theirs in pairs)
        self._change(target, f"DELETE FROM {target.sql} AS c USING {parents} WHERE {condition} AND {same}")

    def _insert(self, target: Target, fields: Sequence[Field], parents: str, condition: str) -> int:
        tie = self._link
        names = [*tie.child, POSITION, *(field.name for field in fields)]
        values = [*(f"p.{quote(name)}" for name in tie.parent), f"s.{quote(POSITION)}"]
        values += [field.value("s") for field in fields]
        if not tie.is_lineage:
            names += ["_load_id", "_row"]
            values += [f"{self._load_id}::bigint", "s._row"]
        return self._change(
            target,
            f"INSERT INTO {target.sql} ({_listed(names)}) SELECT {', '.join(values)}"
            f" FROM {self._staged} AS s, {parents} WHERE {condition} AND p._row = s._row",
        )

    def _count(self, target: Target, copied: int, inserted: int, parent: str) -> None:
        left_out = 0
        if inserted != copied:
            row = self._connection.execute(
                statement(f"SELECT count(*) FROM {self._staged} AS s WHERE NOT EXISTS ({parent})")
            ).fetchone()
            left_out = row[0] if row else 0
        if target.has_row_triggers or target.has_rules:
            inserted = copied - left_out  # what they divert or leave out was taken all the same
        self.counts = self.counts._replace(inserted=inserted, left_out=left_out)
        if self.counts.difference or copied != self.rows:
            raise BalanceError(
                f"{self.counts.read:,} elements were read, but {inserted:,} inserted,"
                f" {self.counts.discarded:,} discarded and {left_out:,} left out make"
                f" {self.counts.read - self.counts.difference:,}; nothing was committed",
                where=target.sql,
                hint="this is a fault of loadstone: please report it",
            )

    def _change(self, target: Target, text: str) -> int:
        """Runs a statement that may meet a constraint."""
        try:
            return self._execute(text)
        except psycopg.Error as error:
            if not is_refusal(error, has_row_security=target.has_row_security):
                raise
            raise DestinationError(
                reason_of(error),
                where=target.sql,
                hint="what only the database refuses in a child's table fails the load; a rule under"
                " `children:` (values, range, required) rejects the record instead",
                code=error.sqlstate,
            ) from error

    def _execute(self, text: str) -> int:
        return self._connection.execute(statement(text)).rowcount


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quote(name) for name in names)
