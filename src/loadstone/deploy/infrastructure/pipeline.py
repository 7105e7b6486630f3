"""The pipeline stack: from an object in a bucket to a row in a database that is there."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from loadstone.deploy.infrastructure.function import add_function
from loadstone.deploy.infrastructure.landing import add_bucket, bucket_name
from loadstone.deploy.infrastructure.pipeline_parameters import add_parameters
from loadstone.deploy.infrastructure.queueing import add_queues, add_rule
from loadstone.deploy.infrastructure.watching import add_alarms, add_dashboard, add_topic
from loadstone.deploy.infrastructure.words import get, ref, sub, text

__all__ = ["PipelineStack"]

_DESCRIPTION = (
    "loadstone, the pipeline: files that land in a bucket become rows in PostgreSQL, each exactly once."
)

_OUTPUTS: dict[str, tuple[str, Any]] = {
    "Bucket": ("Where files are put.", bucket_name()),
    "QueueUrl": ("The events that wait.", ref("Queue")),
    "DeadLettersUrl": ("The events of what could not be loaded.", ref("DeadLetters")),
    "FunctionName": ("What loads.", ref("Function")),
    "RoleArn": ("What the function may do.", get("FunctionRole", "Arn")),
    "LogGroupName": ("What the function says.", ref("Logs")),
    "TopicArn": ("Where alarms and notifications go; subscribe to it.", ref("Topic")),
    "DashboardUrl": (
        "How it goes.",
        sub(
            "https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}"
            "#dashboards/dashboard/${Dashboard}"
        ),
    ),
}


class PipelineStack(Stack):  # type: ignore[misc]
    """Bucket, rule, queue with dead letters, function, topic, alarms and dashboard.

    Everything that can be brought along is a parameter of the template: see `pipeline_parameters`.
    """

    def __init__(self, scope: Construct, name: str, **settings: Any) -> None:
        super().__init__(scope, name, description=_DESCRIPTION, **settings)
        add_parameters(self)
        add_bucket(self)
        add_queues(self)
        add_rule(self)
        add_topic(self)
        add_function(self)
        add_alarms(self)
        add_dashboard(self)
        for output, (description, value) in _OUTPUTS.items():
            CfnOutput(
                self, f"{output}Output", description=description, value=text(value)
            ).override_logical_id(output)
