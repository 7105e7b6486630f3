"""The bucket that files land in, where none is brought along."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnDeletionPolicy, Stack
from aws_cdk import aws_s3 as s3

from loadstone.deploy.infrastructure.words import (
    accept,
    choose,
    choose_text,
    deny_without_tls,
    document,
    excuse,
    get,
    number,
    ref,
    sub,
    text,
)

__all__ = ["add_bucket", "bucket_arn", "bucket_name"]

_DAYS_FOR_UNFINISHED_UPLOADS = 7


def bucket_name() -> Any:
    """The bucket's name, whoever made it."""
    return choose("MakesBucket", ref("Bucket"), ref("ExistingBucketName"))


def bucket_arn(below: str = "") -> Any:
    """The bucket's ARN, or that of keys below it."""
    return choose(
        "MakesBucket",
        sub("${Bucket.Arn}" + below),
        sub("arn:${AWS::Partition}:s3:::${ExistingBucketName}" + below),
    )


def add_bucket(stack: Stack) -> None:
    """Encrypted, versioned, private, over TLS alone; tells EventBridge what lands; outlives the stack."""
    bucket = s3.CfnBucket(
        stack,
        "Bucket",
        bucket_encryption=_encryption(),
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        notification_configuration=s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        ),
        logging_configuration=choose(
            "LogsAccess",
            {"DestinationBucketName": ref("AccessLogBucket"), "LogFilePrefix": sub("${AWS::StackName}/")},
        ),
        lifecycle_configuration=_lifecycle(),
    )
    accept(bucket, CKV_AWS_19="encrypted by either key; the rule does not read conditions")
    excuse(
        bucket,
        {"AwsSolutions-S1": "access logs go to a bucket of one's own, by the parameter AccessLogBucket"},
    )
    bucket.cfn_options.condition = stack.node.find_child("MakesBucket")
    bucket.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
    bucket.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
    policy = s3.CfnBucketPolicy(
        stack,
        "BucketPolicy",
        bucket=text(ref("Bucket")),
        policy_document=document(deny_without_tls("s3", get("Bucket", "Arn"), sub("${Bucket.Arn}/*"))),
    )
    policy.cfn_options.condition = stack.node.find_child("MakesBucket")
    # The policy is the bucket's protection: it stays as long as the bucket does.
    policy.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
    policy.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN


def _encryption() -> s3.CfnBucket.BucketEncryptionProperty:
    return s3.CfnBucket.BucketEncryptionProperty(
        server_side_encryption_configuration=[
            s3.CfnBucket.ServerSideEncryptionRuleProperty(
                bucket_key_enabled=True,
                server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                    sse_algorithm=choose_text("BucketHasKey", "aws:kms", "AES256"),
                    kms_master_key_id=choose_text("BucketHasKey", ref("BucketKeyArn")),
                ),
            )
        ]
    )


def _lifecycle() -> s3.CfnBucket.LifecycleConfigurationProperty:
    return s3.CfnBucket.LifecycleConfigurationProperty(
        rules=[
            s3.CfnBucket.RuleProperty(
                id="old-versions",
                status="Enabled",
                noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(
                    noncurrent_days=number(ref("NoncurrentVersionDays"))
                ),
                expired_object_delete_marker=True,
            ),
            s3.CfnBucket.RuleProperty(
                id="unfinished-uploads",
                status="Enabled",
                abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(
                    days_after_initiation=_DAYS_FOR_UNFINISHED_UPLOADS
                ),
            ),
        ]
    )
