"""Taking a stack away: what goes, what stays, and what goes only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loadstone.deploy.aws import told
from loadstone.deploy.stack import Resource, Stack, StackEvent

__all__ = ["Destruction", "Fate"]

_DATA = {"AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"}
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
        began = datetime.now(UTC)
        self._unprotect()
        yield from self._stack.delete()
        if self._delete_data:
            for fate in self.fates:
                if fate.resource.kind == "AWS::S3::Bucket":
                    self._delete_bucket(fate.resource.identity)
                elif fate.is_data:
                    self._delete_snapshots(fate.resource, began)

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

    def _delete_snapshots(self, database: Resource, since: datetime) -> None:
        """Those that the deletion itself has left; older ones are somebody's own."""
        with told(database.identity):
            if database.kind == "AWS::RDS::DBCluster":
                found = self._rds().describe_db_cluster_snapshots(
                    DBClusterIdentifier=database.identity, SnapshotType="manual"
                )["DBClusterSnapshots"]
                for one in found:
                    if one["SnapshotCreateTime"] >= since:
                        self._rds().delete_db_cluster_snapshot(
                            DBClusterSnapshotIdentifier=one["DBClusterSnapshotIdentifier"]
                        )
                return
            found = self._rds().describe_db_snapshots(
                DBInstanceIdentifier=database.identity, SnapshotType="manual"
            )["DBSnapshots"]
            for one in found:
                if one["SnapshotCreateTime"] >= since:
                    self._rds().delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])

    def _rds(self) -> Any:
        return self._session.client("rds")
