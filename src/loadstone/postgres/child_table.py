"""The table of one list within records: made, or found fit, and whether it may refuse what the codec took."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from loadstone.core.children import POSITION, Link
from loadstone.errors import TableMismatch
from loadstone.model.contract import ChildPlan
from loadstone.postgres.catalog import Target, find_target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import Creation, create_schema
from loadstone.postgres.fitting import Fitted, fit
from loadstone.postgres.identifiers import TableName, check_name, literal, qualified, quote
from loadstone.postgres.new_table import create_table
from loadstone.postgres.queries import query

__all__ = ["ChildTable", "listed"]


class ChildTable:
    """One child table of a load.

    Args:
        connection: inside the load's transaction.
        parent: the parent's table as configured; it need not be there yet.
        plan: of the elements.
        tie: what links the tables.

    Attributes:
        plan: what elements are encoded with, after `prepare` in the table's types.
        link: what links the tables.
        target: the table; None where no element shows what it would be of.
        fitted: the plan, and the columns that travel as text.
        made: how the table came to be, where this load made it.
        may_refuse: whether rows that the codec accepted may be refused.
    """

    def __init__(self, connection: Connection, parent: str, plan: ChildPlan, tie: Link) -> None:
        self._connection = connection
        self.plan = plan
        self.link = tie
        self.target = find_target(connection, plan.table)
        self.fitted = Fitted(plan.plan, {})
        self.made: Creation | None = None
        self.may_refuse = self._may_refuse(parent)

    def prepare(self, parent: Target) -> None:
        """Makes the table ready.

        Raises:
            TableMismatch: it does not fit the plan, or lacks what links it to its parent.
            TableBusy: another load is creating it.
        """
        target = self.target
        if target is None:
            if not self.plan.plan.makes_table:
                return
            target, self.made = create_table(
                self._connection, self.plan.table, lambda name: self._creation(name, parent)
            )
        if self.made is None:
            self._require_link(target, parent)
        own = {name: column for name, column in target.columns.items() if name not in self.link.reserved}
        self.fitted = fit(self.plan.plan, replace(target, columns=own))
        self.plan = replace(self.plan, plan=self.fitted.plan)
        self.target = target

    def own_columns(self, constraint: str | None) -> tuple[str, ...]:
        """The columns, but those of the link, that a constraint or a unique index of the table is about."""
        if self.target is None or not constraint:
            return ()
        parameters = {"table": self.target.sql, "constraint": constraint}
        row = self._connection.execute(query("columns_of_constraint", "catalog"), parameters).fetchone()
        return tuple(name for name in (row and row[0]) or () if name not in self.link.reserved)

    def _may_refuse(self, parent: str) -> bool:
        columns, target = self.plan.plan.columns, self.target
        if target is None:
            # What does not travel in binary is cast, or checked by a domain.
            return any(not column.type.is_fast for column in columns)
        found = [target.columns[column.name] for column in columns if column.name in target.columns]
        if any(column.is_domain or not column.shape.type.is_fast for column in found):
            return True
        if target.is_partitioned or target.has_row_triggers or target.has_statement_triggers:
            return True
        if target.has_rules or target.has_row_security:
            return True
        if any(column.shape.is_generated for column in target.columns.values()):
            return True
        parameters = {
            "table": target.sql,
            "parent": qualified(parent),
            "link": list(self.link.child),
            "position": POSITION,
        }
        row = self._connection.execute(query("refuses_elements", "catalog"), parameters).fetchone()
        return row is None or bool(row[0])

    def _creation(self, name: TableName, parent: Target) -> Creation:
        tie = self.link
        lines = [f"{quote(own)} {self._type_of(own, parent)} NOT NULL" for own in tie.child]
        lines.append(f"{quote(POSITION)} integer NOT NULL")
        for column in self.plan.plan.columns:
            check_name(column.name, "the name of a column")
            lines.append(f"{quote(column.name)} {column.type.definition}{' NOT NULL' * column.required}")
        linked = listed(tie.child)
        references = f"REFERENCES {parent.sql} ({listed(tie.parent)}) ON DELETE CASCADE"
        after = [
            f"ALTER TABLE {name.sql} ADD PRIMARY KEY ({linked}, {quote(POSITION)})",
            f"ALTER TABLE {name.sql} ADD FOREIGN KEY ({linked}) {references}",
        ]
        if not tie.is_lineage:
            lines += ['"_load_id" bigint', '"_row" bigint']
            after.append(f'CREATE INDEX ON {name.sql} USING brin ("_load_id") WITH (autosummarize = on)')
        comment = f"Loaded by loadstone: {self.plan.key} of {parent.name.written}"
        before = [
            f"CREATE TABLE {name.sql} (\n    " + ",\n    ".join(lines) + "\n)",
            f"COMMENT ON TABLE {name.sql} IS {literal(comment)}",
        ]
        if name.schema is not None:
            before.insert(0, create_schema(name.schema))
        return Creation(tuple(before), tuple(after), (), (*before, *after))

    def _require_link(self, target: Target, parent: Target) -> None:
        """An existing table must let its rows be found, and go, with their parent."""
        tie = self.link
        if lacking := sorted(tie.reserved - target.columns.keys()):
            adds = ", ".join(f"ADD {quote(name)} {self._type_of(name, parent)}" for name in lacking)
            raise TableMismatch(
                f"the table lacks what makes it a child of {parent.sql}: {', '.join(lacking)}",
                where=target.sql,
                hint=f"ALTER TABLE {target.sql} {adds}, or `key:` under `children:` where the columns that"
                " refer to the parent are called otherwise",
            )
        parameters = {"table": target.sql, "parent": parent.sql}
        found = self._connection.execute(query("foreign_keys", "catalog"), parameters).fetchall()
        wanted = dict(zip(tie.child, tie.parent, strict=True))
        if not any(dict(zip(own, theirs, strict=True)) == wanted for own, theirs in found):
            raise TableMismatch(
                f"the table has no foreign key to {parent.sql} whose rows go with their parent",
                where=target.sql,
                hint=f"ALTER TABLE {target.sql} ADD FOREIGN KEY ({listed(tie.child)})"
                f" REFERENCES {parent.sql} ({listed(tie.parent)}) ON DELETE CASCADE",
            )

    def _type_of(self, name: str, parent: Target) -> str:
        tie = self.link
        if name in tie.child and not tie.is_lineage:
            return parent.columns[tie.parent[tie.child.index(name)]].declared
        return "integer" if name == POSITION else "bigint"


def listed(names: Sequence[str]) -> str:
    """Columns as SQL."""
    return ", ".join(quote(name) for name in names)
