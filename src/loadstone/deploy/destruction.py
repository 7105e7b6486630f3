"""Taking a stack away: what goes, what stays, and what goes only when asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from loadstone.deploy.aws import told
from loadstone.deploy.stack import Resource, Stack, StackEvent

__all__ = ["Destruction", "Fate"]


class _Snapshots(NamedTuple):
    """What RDS calls things, where it means the snapshots of one kind of database."""

    lists: str
    found: str
    database: str
    snapshot: str
    deletes: str


_RDS = {
    "AWS::RDS::DBInstance": _Snapshots(
        "describe_db_snapshots",
        "DBSnapshots",
        "DBInstanceIdentifier",
        "DBSnapshotIdentifier",
        "delete_db_snapshot",
    ),
    "AWS::RDS::DBCluster": _Snapshots(
        "describe_db_cluster_snapshots",
        "DBClusterSnapshots",
        "DBClusterIdentifier",
        "DBClusterSnapshotIdentifier",
        "delete_db_cluster_snapshot",
    ),
}
_DATA = {"AWS::S3::Bucket", *_RDS}
_OBJECTS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of a resource: `deleted`, `kept`, or `snapshot`: it goes, and its data stay."""

    resource: Resource
    becomes: str

    @property
    def is_data(self) -> bool:
        """Whether people's data are in it."""
        return self.resource.kind in _DATA


class Destruction:
    """What destroying a stack would do, and doing it.

    Args:
        session: boto3's.
        stack: what goes.
        delete_data: the bucket's objects and the database's snapshot go, too.
    """

    def __init__(self, session: Any, stack: Stack, *, delete_data: bool) -> None:
        self._session = session
        self._stack = stack
        self._delete_data = delete_data
        template = stack.template()["Resources"]
        self.fates = [
            Fate(one, self._becomes(template.get(one.name) or {}))
            for one in sorted(stack.resources(), key=lambda one: (one.kind, one.name))
        ]

    def _becomes(self, definition: Any) -> str:
        policy = definition.get("DeletionPolicy")
        if self._delete_data or policy not in {"Retain", "Snapshot"}:
            return "deleted"
        return "kept" if policy == "Retain" else "snapshot"

    def carry_out(self) -> Iterator[StackEvent]:
        """Deletes the stack, then the data where that was asked for.

        Raises:
            DeploymentFailed: something could not be deleted.
        """
        # Those that are there by now are somebody's own.
        before = {one: set(self._snapshots(one)) for one in self._databases} if self._delete_data else {}
        self._unprotect()
        yield from self._stack.delete()
        if self._delete_data:
            for fate in self.fates:
                if fate.resource.kind == "AWS::S3::Bucket":
                    self._delete_bucket(fate.resource.identity)
            for database, known in before.items():
                self._delete_snapshots(database, known)

    @property
    def _databases(self) -> list[Resource]:
        return [one.resource for one in self.fates if one.resource.kind in _RDS]

    def _unprotect(self) -> None:
        """The stack cannot be deleted while its database is protected; its name was typed in."""
        for fate in self.fates:
            identity = fate.resource.identity
            with told(identity):
                if fate.resource.kind == "AWS::RDS::DBCluster":
                    self._rds().modify_db_cluster(DBClusterIdentifier=identity, DeletionProtection=False)
                elif fate.resource.kind == "AWS::RDS::DBInstance" and fate.resource.name == "Database":
                    self._rds().modify_db_instance(DBInstanceIdentifier=identity, DeletionProtection=False)

    def _delete_bucket(self, name: str) -> None:
        s3 = self._session.client("s3")
        with told(name):
            for page in s3.get_paginator("list_object_versions").paginate(
                Bucket=name, PaginationConfig={"PageSize": _OBJECTS_AT_ONCE}
            ):
                versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                if versions:
                    gone = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
                    s3.delete_objects(Bucket=name, Delete={"Objects": gone, "Quiet": True})
            s3.delete_bucket(Bucket=name)

    def _snapshots(self, database: Resource) -> list[str]:
        """The names of those that were not made by RDS on its own; RDS deletes the others itself."""
        how = {_RDS[database.kind].database: database.identity, "SnapshotType": "manual"}
        with told(database.identity):
            pages = self._rds().get_paginator(_RDS[database.kind].lists).paginate(**how)
            found = [one for page in pages for one in page[_RDS[database.kind].found]]
        return [one[_RDS[database.kind].snapshot] for one in found]

    def _delete_snapshots(self, database: Resource, known: Collection[str]) -> None:
        """Those that the deletion itself has left."""
        kind = _RDS[database.kind]
        for name in self._snapshots(database):
            if name not in known:
                with told(database.identity):
                    getattr(self._rds(), kind.deletes)(**{kind.snapshot: name})

    def _rds(self) -> Any:
        return self._session.client("rds")
