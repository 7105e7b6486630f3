"""PostgreSQL: an instance of RDS, or a cluster of Aurora Serverless v2, by one parameter."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnDeletionPolicy, Stack
from aws_cdk import aws_rds as rds

from loadstone.deploy.infrastructure.network import SUBNETS
from loadstone.deploy.infrastructure.words import (
    accept,
    choose,
    choose_text,
    excuse,
    get,
    number,
    ref,
    text,
)

__all__ = ["VERSIONS", "add_database", "host", "port", "secret_arn"]

_MASTER = "loadstone_admin"
_FAMILY = "18"
#: The current minor version of each engine.
VERSIONS = {"rds": "18.6", "aurora": "18.4"}
#: TLS alone; and what takes long says so.
_SETTINGS = {"rds.force_ssl": "1", "log_min_duration_statement": "60000", "log_connections": "1"}
_PORT = {"AwsSolutions-RDS11": "the port is no secret: nothing but what loads reaches it"}
_LOG_EXPORTS = ["postgresql"]


def host() -> Any:
    """Where the database is."""
    return choose("UsesAurora", get("Cluster", "Endpoint.Address"), get("Database", "Endpoint.Address"))


def port() -> Any:
    """Its port."""
    return choose("UsesAurora", get("Cluster", "Endpoint.Port"), get("Database", "Endpoint.Port"))


def secret_arn() -> Any:
    """The secret that RDS keeps the master user's password in."""
    return choose(
        "UsesAurora",
        get("Cluster", "MasterUserSecret.SecretArn"),
        get("Database", "MasterUserSecret.SecretArn"),
    )


def add_database(stack: Stack) -> None:
    """Encrypted, backed up, over TLS alone, protected from deletion, its password managed by RDS."""
    rds.CfnDBSubnetGroup(
        stack,
        "DatabaseSubnets",
        db_subnet_group_description="loadstone: isolated subnets",
        subnet_ids=[text(ref(name)) for name in SUBNETS],
    )
    _add_rds(stack)
    _add_aurora(stack)


def _version() -> str:
    pinned = {"Fn::FindInMap": ["Versions", ref("Engine"), "Version"]}
    return choose_text("VersionIsGiven", ref("EngineVersion"), pinned)


def _add_rds(stack: Stack) -> None:
    condition = stack.node.find_child("UsesRds")
    parameters = rds.CfnDBParameterGroup(
        stack,
        "DatabaseParameters",
        description="loadstone: TLS alone",
        family=f"postgres{_FAMILY}",
        parameters=_SETTINGS,
    )
    parameters.cfn_options.condition = condition
    database = rds.CfnDBInstance(
        stack,
        "Database",
        engine="postgres",
        engine_version=_version(),
        auto_minor_version_upgrade=True,
        db_instance_class=text(ref("InstanceClass")),
        db_name=text(ref("DatabaseName")),
        allocated_storage=text(ref("AllocatedStorage")),
        max_allocated_storage=number(ref("MaximumStorage")),
        storage_type="gp3",
        storage_encrypted=True,
        kms_key_id=choose_text("DatabaseHasKey", ref("DatabaseKeyArn")),
        db_subnet_group_name=text(ref("DatabaseSubnets")),
        db_parameter_group_name=text(ref("DatabaseParameters")),
        vpc_security_groups=[text(get("DatabaseSecurityGroup", "GroupId"))],
        publicly_accessible=False,
        master_username=_MASTER,
        manage_master_user_password=True,
        enable_iam_database_authentication=True,
        enable_performance_insights=True,
        enable_cloudwatch_logs_exports=[*_LOG_EXPORTS, "upgrade"],
        backup_retention_period=number(ref("BackupRetentionDays")),
        copy_tags_to_snapshot=True,
        delete_automated_backups=False,
        deletion_protection=True,
        ca_certificate_identifier="rds-ca-rsa2048-g1",
    )
    database.add_property_override("MultiAZ", ref("MultiAz"))
    database.add_property_override("DeletionProtection", ref("DeletionProtection"))
    _keep_as_snapshot(database)
    database.cfn_options.condition = condition
    accept(
        database,
        CKV_AWS_118="enhanced monitoring is for instances that are tuned by hand; Performance Insights is on",
        CKV_AWS_157="a second instance doubles the price: the parameter MultiAz",
    )
    excuse(
        database,
        {
            "AwsSolutions-RDS3": "a second instance doubles the price: the parameter MultiAz",
            **_PORT,
            "AwsSolutions-RDS13": "backups are kept for as long as BackupRetentionDays says",
        },
    )


def _add_aurora(stack: Stack) -> None:
    condition = stack.node.find_child("UsesAurora")
    parameters = rds.CfnDBClusterParameterGroup(
        stack,
        "ClusterParameters",
        description="loadstone: TLS alone",
        family=f"aurora-postgresql{_FAMILY}",
        parameters=_SETTINGS,
    )
    cluster = rds.CfnDBCluster(
        stack,
        "Cluster",
        engine="aurora-postgresql",
        engine_version=_version(),
        database_name=text(ref("DatabaseName")),
        serverless_v2_scaling_configuration=rds.CfnDBCluster.ServerlessV2ScalingConfigurationProperty(
            min_capacity=number(ref("MinimumCapacity")), max_capacity=number(ref("MaximumCapacity"))
        ),
        storage_encrypted=True,
        kms_key_id=choose_text("DatabaseHasKey", ref("DatabaseKeyArn")),
        db_subnet_group_name=text(ref("DatabaseSubnets")),
        db_cluster_parameter_group_name=text(ref("ClusterParameters")),
        vpc_security_group_ids=[text(get("DatabaseSecurityGroup", "GroupId"))],
        master_username=_MASTER,
        manage_master_user_password=True,
        enable_iam_database_authentication=True,
        enable_cloudwatch_logs_exports=_LOG_EXPORTS,
        backup_retention_period=number(ref("BackupRetentionDays")),
        copy_tags_to_snapshot=True,
        deletion_protection=True,
    )
    cluster.add_property_override("DeletionProtection", ref("DeletionProtection"))
    _keep_as_snapshot(cluster)
    excuse(
        cluster, {**_PORT, "AwsSolutions-RDS13": "backups are kept for as long as BackupRetentionDays says"}
    )
    writer = rds.CfnDBInstance(
        stack,
        "ClusterWriter",
        engine="aurora-postgresql",
        db_instance_class="db.serverless",
        db_cluster_identifier=text(ref("Cluster")),
        publicly_accessible=False,
        auto_minor_version_upgrade=True,
        enable_performance_insights=True,
        ca_certificate_identifier="rds-ca-rsa2048-g1",
    )
    writer.cfn_options.deletion_policy = CfnDeletionPolicy.DELETE
    for resource in (parameters, cluster, writer):
        resource.cfn_options.condition = condition


def _keep_as_snapshot(resource: Any) -> None:
    resource.cfn_options.deletion_policy = CfnDeletionPolicy.SNAPSHOT
    resource.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT
