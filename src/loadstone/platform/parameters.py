"""Texts in the Parameter Store of AWS Systems Manager."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from loadstone.errors import ConfigurationError
from loadstone.platform.aws_client import aws_client, aws_errors

__all__ = ["SCHEME", "read_parameter"]

SCHEME = "ssm://"


def read_parameter(address: str) -> str:
    """The text of a parameter, decrypted where it is a `SecureString`.

    Args:
        address: `ssm://NAME`, `ssm:///path/to/name`, or an ARN after `ssm://`; `?region=` says where it is.

    Raises:
        ConfigurationError: the address names no parameter.
        ObjectMissing: there is no such parameter.
        AccessDenied: it may not be read.
        SourceUnavailable: Systems Manager does not answer.
        MissingExtra: boto3 is not installed.
    """
    name, _, query = address.removeprefix(SCHEME).partition("?")
    name = unquote(name)
    if not name.strip("/"):
        raise ConfigurationError("no parameter is named", where=address, hint="ssm:///path/to/name")
    if "/" in name and not name.startswith(("/", "arn:")):
        name = "/" + name  # a path is written from its root
    client = aws_client("ssm", region=dict(parse_qsl(query)).get("region"), feature="a parameter of AWS SSM")
    with aws_errors(address, needs="ssm:GetParameter on the parameter"):
        answer = client.get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])
