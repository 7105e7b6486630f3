"""Who asks AWS asks with the same settings, and is told the same faults."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from loadstone.deploy.aws import aws_session
from loadstone.errors import ConfigurationError, MissingExtra
from loadstone.platform.aws_client import aws_client, open_client
from loadstone.platform.aws_faults import Fault, answered

REGION = "ap-southeast-4"

REGIONS: dict[str, Callable[[], Any]] = {
    "loadstone deploy and destroy": lambda: aws_session(None).region_name,
    "a client of any service": lambda: aws_client("ssm", feature="a test").meta.region_name,
    "a client with errors of its own": lambda: open_client("sqs", "a test").meta.region_name,
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


@pytest.mark.parametrize("who", REGIONS)
def test_bug_aws_region_was_asked_for_and_not_read(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint said "set AWS_REGION", which boto3 does not look at."""
    monkeypatch.setenv("AWS_REGION", REGION)
    assert REGIONS[who]() == REGION


def test_aws_default_region_and_an_empty_aws_region_are_as_boto3_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", "")
    assert aws_session(None).region_name == REGION
    assert aws_session("eu-west-1").region_name == "eu-west-1"


def test_without_any_region_a_deployment_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="no AWS region is named") as raised:
        aws_session(None)
    assert raised.value.hint == "--region, or AWS_REGION"


@pytest.mark.parametrize("endpoint", ["localhost:9000", "nonsense"])
def test_an_endpoint_that_is_no_url_is_told_as_such(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(ConfigurationError, match="invalid endpoint") as raised:
        aws_client("ssm", feature="a test")
    assert raised.value.where == "AWS_ENDPOINT_URL"


def test_without_boto3_a_deployment_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingExtra) as raised:
        aws_session("eu-west-1")
    assert raised.value.hint == "pip install 'loadstone[aws]'"


FAULTS = [
    ("ExpiredToken", 400, Fault.EXPIRED),
    ("ExpiredTokenException", 400, Fault.EXPIRED),
    ("RequestTimeTooSkewed", 403, Fault.EXPIRED),
    ("InvalidClientTokenId", 403, Fault.UNKNOWN_KEYS),
    ("UnrecognizedClientException", 400, Fault.UNKNOWN_KEYS),
    ("AccessDenied", 403, Fault.DENIED),
    ("KMS.AccessDeniedException", 400, Fault.DENIED),
    ("AWS.SimpleQueueService.NonExistentQueue", 400, Fault.MISSING),
    ("QueueDoesNotExist", 400, Fault.MISSING),
    ("NoSuchBucket", 404, Fault.MISSING),
    ("ResourceNotFoundException", 400, Fault.MISSING),
    ("ThrottlingException", 400, Fault.BUSY),
    ("KMS.ThrottlingException", 400, Fault.BUSY),
    ("OverLimit", 403, Fault.BUSY),
    ("InternalError", 500, Fault.BUSY),
    ("Unheard", 503, Fault.BUSY),
    ("ValidationError", 400, Fault.REFUSED),
    ("", 400, Fault.REFUSED),
]


@pytest.mark.parametrize(("code", "status", "fault"), FAULTS)
def test_a_code_of_aws_means_one_fault_whoever_asks(code: str, status: int, fault: Fault) -> None:
    response = {
        "Error": {"Code": code, "Message": "Not  today.\n"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    told = answered(ClientError(response, "Anything"))  # type: ignore[arg-type]
    assert (told.fault, told.code, told.message) == (fault, code, "Not today")
    assert told.of_key is code.startswith("KMS")


@pytest.mark.parametrize("code", ["InvalidSignatureException", "SignatureDoesNotMatch"])
@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("Signature expired: 20261121T1400Z is now earlier than 20261121T1405Z", Fault.EXPIRED),
        ("Signature not yet current: 20261121T1430Z is still later than 20261121T1405Z", Fault.EXPIRED),
        ("The request signature we calculated does not match the one you provided", Fault.UNKNOWN_KEYS),
    ],
)
def test_a_signature_that_a_wrong_clock_made_is_no_bad_one(code: str, message: str, fault: Fault) -> None:
    told = answered(ClientError({"Error": {"Code": code, "Message": message}}, "Anything"))
    assert told.fault is fault


def test_a_key_that_kms_does_not_let_us_use_is_a_denial_of_the_key() -> None:
    message = "The ciphertext refers to a customer master key: Access Denied"
    told = answered(ClientError({"Error": {"Code": "DecryptionFailure", "Message": message}}, "Anything"))
    assert (told.fault, told.of_key) == (Fault.DENIED, True)
