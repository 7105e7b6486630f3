"""What whoever deploys the pipeline may choose, and what follows from it."""

from __future__ import annotations

from aws_cdk import CfnMapping, CfnRule, CfnRuleAssertion, Fn, Stack

from loadstone.deploy.infrastructure.words import condition, group, parameter

__all__ = ["TIMEOUTS", "add_parameters"]

#: Seconds that the function may take -> seconds until an event that was taken is offered again. AWS wants six
#: times as long, and templates cannot multiply.
TIMEOUTS = {60: 360, 120: 720, 300: 1800, 600: 3600, 900: 5400}

_GROUPS = [
    group("Function", "ImageUri", "Architecture", "MemorySize", "EphemeralStorage", "FunctionTimeout"),
    group("Pipeline", "PipelineFile", "PipelineName", "ConfigurationObject", "ConfigurationParameter"),
    group(
        "Database",
        "DatabaseSecretArn",
        "DatabaseHost",
        "DatabasePort",
        "DatabaseName",
        "DatabaseUrl",
        "DatabaseSecretKeyArn",
        "DatabaseConnectArn",
        "MaximumConcurrentLoads",
    ),
    group("Network", "SubnetIds", "SecurityGroupIds"),
    group(
        "Bucket",
        "ExistingBucketName",
        "BucketKeyArn",
        "KeyPrefix",
        "AccessLogBucket",
        "NoncurrentVersionDays",
    ),
    group("Notifications", "NotificationEmail", "TopicKeyArn"),
    group(
        "Operation", "ReconcileSchedule", "OldestMessageAlarmSeconds", "LagAlarmSeconds", "LogRetentionDays"
    ),
]
_ARN = r"^$|^arn:aws[a-z-]*:%s:.+$"
_LOG_DAYS = ["1", "3", "5", "7", "14", "30", "60", "90", "180", "365", "731"]


def add_parameters(stack: Stack) -> None:
    """Parameters, their rules, and the conditions that follow from them."""
    _function(stack)
    _database(stack)
    _bucket(stack)
    _operation(stack)
    stack.template_options.metadata = {"AWS::CloudFormation::Interface": {"ParameterGroups": _GROUPS}}
    seconds = {str(limit): {"Visibility": visibility} for limit, visibility in TIMEOUTS.items()}
    CfnMapping(stack, "Timeouts", mapping=seconds)
    CfnRule(
        stack,
        "DatabaseIsNamed",
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_not(
                    Fn.condition_and(
                        Fn.condition_equals({"Ref": "DatabaseUrl"}, ""),
                        Fn.condition_equals({"Ref": "DatabaseSecretArn"}, ""),
                    )
                ),
                assert_description="give DatabaseUrl, DatabaseSecretArn, or both",
            )
        ],
    )


def _given(stack: Stack, name: str, of: str) -> None:
    condition(stack, name, Fn.condition_not(Fn.condition_equals({"Ref": of}, "")))


def _function(stack: Stack) -> None:
    parameter(
        stack,
        "ImageUri",
        "The container image of loadstone in ECR, by its digest.",
        allowed_pattern=r"^\d{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$",
        constraint_description="by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:...",
    )
    parameter(
        stack,
        "Architecture",
        "What the image was built for.",
        default="arm64",
        allowed_values=["arm64", "x86_64"],
    )
    parameter(
        stack,
        "MemorySize",
        "MB of memory; the share of the processor grows with it.",
        type="Number",
        default=512,
        min_value=256,
        max_value=10240,
    )
    parameter(
        stack,
        "EphemeralStorage",
        "MB of /tmp: workbooks, Parquet and archives are spooled there.",
        type="Number",
        default=2048,
        min_value=512,
        max_value=10240,
    )
    parameter(
        stack,
        "FunctionTimeout",
        "Seconds that one call may take. The queue waits six times as long before it offers an event again.",
        type="Number",
        default="300",
        allowed_values=[str(limit) for limit in TIMEOUTS],
    )
    parameter(
        stack,
        "PipelineFile",
        "Where pipeline.yaml is: a path in the image from /var/task, s3://bucket/key or ssm://name.",
        default="pipeline.yaml",
        min_length=1,
    )
    parameter(
        stack,
        "PipelineName",
        "The name that pipeline.yaml gives itself; metrics carry it.",
        default="default",
        min_length=1,
    )
    parameter(
        stack,
        "ConfigurationObject",
        "The object that PipelineFile names, without s3://: bucket/key. The function may read it.",
        default="",
        allowed_pattern=r"^$|^[a-z0-9.-]{3,63}/.+$",
    )
    parameter(
        stack,
        "ConfigurationParameter",
        "The parameter that PipelineFile names, without ssm:// and leading slash. The function may read it.",
        default="",
        allowed_pattern=r"^$|^[A-Za-z0-9_.-][A-Za-z0-9_./-]*$",
    )
    _given(stack, "PipelineIsObject", "ConfigurationObject")
    _given(stack, "PipelineIsParameter", "ConfigurationParameter")


def _database(stack: Stack) -> None:
    parameter(
        stack,
        "DatabaseHost",
        "Where the database is, if the secret does not say: RDS writes user and password alone.",
        default="",
    )
    parameter(stack, "DatabasePort", "Its port.", type="Number", default=5432, min_value=1, max_value=65535)
    parameter(stack, "DatabaseName", "The database on that host.", default="loadstone")
    parameter(
        stack,
        "DatabaseUrl",
        "A URL in place of all this, without a password: postgresql://USER@HOST/NAME?iam=true.",
        default="",
    )
    parameter(
        stack,
        "DatabaseSecretArn",
        "The secret with user and password. The function may read it, and no other.",
        default="",
        allowed_pattern=_ARN % "secretsmanager",
    )
    parameter(
        stack,
        "DatabaseSecretKeyArn",
        "The KMS key of the secret, where it is not the one that AWS manages.",
        default="",
        allowed_pattern=_ARN % "kms",
    )
    parameter(
        stack,
        "DatabaseConnectArn",
        "The database user to log in as by IAM: arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE/USER.",
        default="",
        allowed_pattern=_ARN % "rds-db",
    )
    parameter(
        stack,
        "MaximumConcurrentLoads",
        "How many loads may run at once: functions and transactions. A load takes up to two connections.",
        type="Number",
        default=8,
        min_value=2,
        max_value=1000,
    )
    parameter(
        stack,
        "SubnetIds",
        "The subnets that reach the database and the endpoints. Empty: the function runs outside of any VPC.",
        type="CommaDelimitedList",
        default="",
    )
    parameter(
        stack,
        "SecurityGroupIds",
        "The security groups of the function.",
        type="CommaDelimitedList",
        default="",
    )
    for name, of in {
        "UrlIsGiven": "DatabaseUrl",
        "HostIsGiven": "DatabaseHost",
        "SecretIsGiven": "DatabaseSecretArn",
        "SecretHasKey": "DatabaseSecretKeyArn",
        "LogsInByIam": "DatabaseConnectArn",
    }.items():
        _given(stack, name, of)
    in_vpc = Fn.condition_not(Fn.condition_equals({"Fn::Join": ["", {"Ref": "SubnetIds"}]}, ""))
    condition(stack, "InVpc", in_vpc)


def _bucket(stack: Stack) -> None:
    parameter(
        stack,
        "ExistingBucketName",
        "A bucket that is there, with EventBridge turned on. Empty: the stack makes one.",
        default="",
        allowed_pattern=r"^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    )
    parameter(
        stack,
        "BucketKeyArn",
        "The KMS key of the bucket. Empty: S3 encrypts with keys of its own.",
        default="",
        allowed_pattern=_ARN % "kms",
    )
    parameter(
        stack,
        "KeyPrefix",
        "Only objects whose keys begin so are loaded, and may be read.",
        default="",
    )
    parameter(
        stack,
        "AccessLogBucket",
        "A bucket for the server access logs of the bucket that the stack makes. Empty: none.",
        default="",
    )
    parameter(
        stack,
        "NoncurrentVersionDays",
        "Days after which overwritten and deleted versions go for good.",
        type="Number",
        default=30,
        min_value=1,
    )
    condition(stack, "MakesBucket", Fn.condition_equals({"Ref": "ExistingBucketName"}, ""))
    _given(stack, "BucketHasKey", "BucketKeyArn")
    _given(stack, "LogsAccess", "AccessLogBucket")


def _operation(stack: Stack) -> None:
    parameter(
        stack, "NotificationEmail", "Who gets alarms and notifications; AWS asks them to confirm.", default=""
    )
    parameter(
        stack,
        "TopicKeyArn",
        "The KMS key of the topic; its policy must allow cloudwatch.amazonaws.com. Empty: none.",
        default="",
        allowed_pattern=_ARN % "kms",
    )
    parameter(
        stack,
        "ReconcileSchedule",
        "When to load what no event brought, such as rate(1 day). Empty: never.",
        default="",
        allowed_pattern=r"^$|^(rate|cron)\(.+\)$",
    )
    parameter(
        stack,
        "OldestMessageAlarmSeconds",
        "The alarm rings when an event waits for longer.",
        type="Number",
        default=900,
        min_value=60,
    )
    parameter(
        stack,
        "LagAlarmSeconds",
        "The alarm rings when the time from event to commit is longer.",
        type="Number",
        default=600,
        min_value=1,
    )
    parameter(
        stack,
        "LogRetentionDays",
        "Days that logs are kept.",
        type="Number",
        default="30",
        allowed_values=_LOG_DAYS,
    )
    _given(stack, "Mails", "NotificationEmail")
    _given(stack, "TopicHasKey", "TopicKeyArn")
    _given(stack, "Reconciles", "ReconcileSchedule")
