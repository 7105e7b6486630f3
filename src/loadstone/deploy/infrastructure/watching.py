"""How one learns that something is wrong: the topic, the alarms, the dashboard."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from loadstone.deploy.infrastructure.words import (
    accept,
    allow,
    choose_text,
    deny_without_tls,
    document,
    get,
    number,
    ref,
    sub,
    text,
)

__all__ = ["add_alarms", "add_dashboard", "add_topic"]

#: Where the function's metrics are, and that of the seconds from event to commit.
_NAMESPACE = "loadstone"
_LAG = "lag"


def add_topic(stack: Stack) -> None:
    """Where alarms and loadstone's own notifications go."""
    topic = sns.CfnTopic(stack, "Topic", kms_master_key_id=choose_text("TopicHasKey", ref("TopicKeyArn")))
    accept(
        topic,
        CKV_AWS_26="alarms cannot use the key that AWS manages; one's own is a parameter: TopicKeyArn",
    )
    sns.CfnTopicPolicy(
        stack,
        "TopicPolicy",
        topics=[text(ref("Topic"))],
        policy_document=document(
            allow(
                ["sns:Publish"],
                ref("Topic"),
                sid="AlarmsOfThisAccount",
                conditions={"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}},
                Service="cloudwatch.amazonaws.com",
            ),
            {**deny_without_tls("sns", ref("Topic")), "Action": "sns:Publish"},
        ),
    )
    mail = sns.CfnSubscription(
        stack,
        "Mail",
        topic_arn=text(ref("Topic")),
        protocol="email",
        endpoint=text(ref("NotificationEmail")),
    )
    mail.cfn_options.condition = stack.node.find_child("Mails")


def add_alarms(stack: Stack) -> None:
    """Dead letters, events that wait too long, a function that fails, rows that come late."""
    queue = {"QueueName": get("Queue", "QueueName")}
    _alarm(
        stack,
        "DeadLettersAlarm",
        "events that could not be loaded: `loadstone redrive` shows why, and puts them back",
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"),
        {"QueueName": get("DeadLetters", "QueueName")},
        threshold=1,
        period=60,
    )
    _alarm(
        stack,
        "OldestMessageAlarm",
        "events wait too long: the database is slow, unreachable, or at its cap",
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
        queue,
        threshold=number(ref("OldestMessageAlarmSeconds")),
        period=60,
    )
    _alarm(
        stack,
        "FunctionErrorsAlarm",
        "the function itself fails or runs out of time: its log group says why",
        ("AWS/Lambda", "Errors", "Sum"),
        {"FunctionName": ref("Function")},
        threshold=1,
        period=300,
    )
    _alarm(
        stack,
        "LagAlarm",
        "rows come late: it takes too long from event to commit",
        (_NAMESPACE, _LAG, "Maximum"),
        {"pipeline": ref("PipelineName")},
        threshold=number(ref("LagAlarmSeconds")),
        period=300,
    )


def _alarm(
    stack: Stack,
    name: str,
    description: str,
    metric: tuple[str, str, str],
    dimensions: dict[str, Any],
    *,
    threshold: Any,
    period: int,
) -> None:
    namespace, metric_name, statistic = metric
    cloudwatch.CfnAlarm(
        stack,
        name,
        alarm_description=f"loadstone: {description}",
        namespace=namespace,
        metric_name=metric_name,
        statistic=statistic,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name=key, value=text(value))
            for key, value in dimensions.items()
        ],
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        evaluation_periods=1,
        period=period,
        treat_missing_data="notBreaching",
        alarm_actions=[text(ref("Topic"))],
        ok_actions=[text(ref("Topic"))],
    )


def add_dashboard(stack: Stack) -> None:
    """What came, what waits, what failed, how long it took."""
    waiting, dead, function = "${Queue.QueueName}", "${DeadLetters.QueueName}", "${Function}"
    charts = [
        _chart(
            "Events",
            ["AWS/SQS", "NumberOfMessagesSent", "QueueName", waiting, {"stat": "Sum"}],
            ["AWS/SQS", "NumberOfMessagesDeleted", "QueueName", waiting, {"stat": "Sum"}],
        ),
        _chart(
            "Waiting",
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", waiting, {"stat": "Maximum"}],
            ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", waiting, {"stat": "Maximum"}],
        ),
        _chart(
            "Dead letters",
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead, {"stat": "Maximum"}],
        ),
        _chart(
            "Function",
            ["AWS/Lambda", "Invocations", "FunctionName", function, {"stat": "Sum"}],
            ["AWS/Lambda", "Errors", "FunctionName", function, {"stat": "Sum"}],
            ["AWS/Lambda", "Throttles", "FunctionName", function, {"stat": "Sum"}],
            ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function, {"stat": "Maximum"}],
        ),
        _chart("Duration, ms", ["AWS/Lambda", "Duration", "FunctionName", function, {"stat": "p99"}]),
        _chart(
            "Event to commit, s",
            [_NAMESPACE, _LAG, "pipeline", "${PipelineName}", {"stat": "p99"}],
            [_NAMESPACE, _LAG, "pipeline", "${PipelineName}", {"stat": "p50"}],
        ),
        _chart(
            "Rows",
            [_NAMESPACE, "rows_loaded", "pipeline", "${PipelineName}", {"stat": "Sum"}],
            [_NAMESPACE, "rows_rejected", "pipeline", "${PipelineName}", {"stat": "Sum"}],
        ),
        _chart(
            "Objects",
            [_NAMESPACE, "objects", "pipeline", "${PipelineName}", {"stat": "Sum"}],
            [_NAMESPACE, "failures", "pipeline", "${PipelineName}", {"stat": "Sum"}],
        ),
    ]
    cloudwatch.CfnDashboard(
        stack,
        "Dashboard",
        dashboard_name=text(sub("${AWS::StackName}")),
        dashboard_body=text(sub(json.dumps({"widgets": _placed(charts)}))),
    )


def _chart(title: str, *metrics: list[Any]) -> dict[str, Any]:
    return {
        "title": title,
        "metrics": list(metrics),
        "region": "${AWS::Region}",
        "period": 300,
        "view": "timeSeries",
    }


def _placed(charts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    width, height, across = 8, 6, 3
    return [
        {
            "type": "metric",
            "x": place % across * width,
            "y": place // across * height,
            "width": width,
            "height": height,
            "properties": chart,
        }
        for place, chart in enumerate(charts)
    ]
