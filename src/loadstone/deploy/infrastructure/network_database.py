"""The network and database stack: for who has neither, or wants to try."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnMapping, CfnOutput, Fn, Stack
from constructs import Construct

from loadstone.deploy.infrastructure.database import VERSIONS, add_database, host, port, secret_arn
from loadstone.deploy.infrastructure.endpoints import add_endpoints
from loadstone.deploy.infrastructure.network import add_network
from loadstone.deploy.infrastructure.words import condition, group, parameter, ref, sub, text

__all__ = ["NetworkDatabaseStack"]

_DESCRIPTION = (
    "loadstone, network and database: isolated subnets, endpoints, and PostgreSQL on RDS or Aurora."
)
_GROUPS = [
    group("Network", "VpcCidr", "EndpointZones", "SsmEndpoint", "LogsEndpoint"),
    group(
        "Database",
        "Engine",
        "EngineVersion",
        "DatabaseName",
        "DatabaseKeyArn",
        "BackupRetentionDays",
        "DeletionProtection",
    ),
    group("RDS", "InstanceClass", "AllocatedStorage", "MaximumStorage", "MultiAz"),
    group("Aurora", "MinimumCapacity", "MaximumCapacity"),
]

#: Named as the parameters of the pipeline stack are: what one gives, the other takes.
_OUTPUTS: dict[str, tuple[str, Any]] = {
    "SubnetIds": ("The isolated subnets.", sub("${SubnetA},${SubnetB}")),
    "SecurityGroupIds": ("What may reach the database and the endpoints.", ref("ClientSecurityGroup")),
    "DatabaseSecretArn": ("The secret with the master user's password, rotated by RDS.", secret_arn()),
    "DatabaseHost": ("Where the database is.", host()),
    "DatabasePort": ("Its port.", port()),
    "DatabaseName": ("Its name.", ref("DatabaseName")),
    "VpcId": ("The network.", ref("Vpc")),
}


class NetworkDatabaseStack(Stack):  # type: ignore[misc]
    """A VPC without a way to the internet, its endpoints, and PostgreSQL."""

    def __init__(self, scope: Construct, name: str, **settings: Any) -> None:
        super().__init__(scope, name, description=_DESCRIPTION, **settings)
        self.template_options.metadata = {"AWS::CloudFormation::Interface": {"ParameterGroups": _GROUPS}}
        self._add_parameters()
        add_network(self)
        add_endpoints(self)
        add_database(self)
        for output, (description, value) in _OUTPUTS.items():
            made = CfnOutput(self, f"{output}Output", description=description, value=text(value))
            # A parameter and an output may share a name, unlike constructs.
            made.override_logical_id(output)

    def _add_parameters(self) -> None:
        parameter(
            self,
            "VpcCidr",
            "The network's addresses.",
            default="10.80.0.0/16",
            allowed_pattern=r"^\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-4])$",
        )
        parameter(
            self,
            "EndpointZones",
            "Interface endpoints are paid for by zone and hour: in one zone, or in both.",
            default="both",
            allowed_values=["one", "both"],
        )
        for name, service in {
            "SsmEndpoint": "pipeline.yaml out of SSM",
            "LogsEndpoint": "workers on EC2 or ECS",
        }.items():
            parameter(
                self,
                name,
                f"An endpoint for {service}.",
                default="no",
                allowed_values=["no", "yes"],
            )
            condition(self, f"Has{name}", Fn.condition_equals({"Ref": name}, "yes"))
        parameter(
            self,
            "Engine",
            "PostgreSQL on an instance of RDS, or Aurora Serverless v2.",
            default="rds",
            allowed_values=["rds", "aurora"],
        )
        parameter(
            self,
            "EngineVersion",
            "A version of PostgreSQL 18. Empty: the newest known here. Later minor ones come by themselves.",
            default="",
            allowed_pattern=r"^$|^18\.\d+$",
        )
        CfnMapping(self, "Versions", mapping={engine: {"Version": one} for engine, one in VERSIONS.items()})
        condition(self, "VersionIsGiven", Fn.condition_not(Fn.condition_equals({"Ref": "EngineVersion"}, "")))
        parameter(
            self,
            "DatabaseName",
            "The database that is made.",
            default="loadstone",
            allowed_pattern=r"^[a-z][a-z0-9_]{0,62}$",
        )
        parameter(
            self,
            "DatabaseKeyArn",
            "The KMS key that encrypts the database. Empty: the one that AWS manages.",
            default="",
            allowed_pattern=r"^$|^arn:aws[a-z-]*:kms:.+$",
        )
        self._add_sizes()
        condition(self, "UsesAurora", Fn.condition_equals({"Ref": "Engine"}, "aurora"))
        condition(self, "UsesRds", Fn.condition_equals({"Ref": "Engine"}, "rds"))
        condition(self, "EndpointsInBothZones", Fn.condition_equals({"Ref": "EndpointZones"}, "both"))
        condition(
            self, "DatabaseHasKey", Fn.condition_not(Fn.condition_equals({"Ref": "DatabaseKeyArn"}, ""))
        )

    def _add_sizes(self) -> None:
        parameter(
            self,
            "BackupRetentionDays",
            "Days of backups, to any second of which the database can be restored.",
            type="Number",
            default=7,
            min_value=1,
            max_value=35,
        )
        for name, description, default in (
            ("DeletionProtection", "Nobody deletes the database by mistake.", "true"),
            ("MultiAz", "A second instance stands by in another zone, at twice the price.", "false"),
        ):
            parameter(self, name, description, default=default, allowed_values=["true", "false"])
        parameter(
            self,
            "InstanceClass",
            "The size of the RDS instance.",
            default="db.t4g.medium",
            allowed_pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$",
        )
        for name, description, gigabytes in (
            ("AllocatedStorage", "GB of storage to begin with.", 20),
            ("MaximumStorage", "GB up to which the storage grows by itself.", 200),
        ):
            parameter(self, name, description, type="Number", default=gigabytes, min_value=20)
        for name, description, units in (
            ("MinimumCapacity", "Aurora capacity units when nothing happens; 0 pauses.", 0.5),
            ("MaximumCapacity", "Aurora capacity units at most; each is about 2 GB of memory.", 4),
        ):
            parameter(self, name, description, type="Number", default=units, min_value=0, max_value=256)
