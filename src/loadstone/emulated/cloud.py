"""AWS's services by moto, in this process: S3, EventBridge, SQS, SNS, Secrets Manager, DynamoDB and more."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Self

from loadstone.errors import MissingExtra
from loadstone.platform.aws_client import aws_client

__all__ = ["EmulatedCloud", "aws_environment"]

_FEATURE, _EXTRA = "the emulated AWS", "emulated"
_REGION = "us-east-1"
_SECONDS = 30
#: These say for which servers no proxy is asked: this one is on this machine.
_NO_PROXY = ("no_proxy", "NO_PROXY")


class EmulatedCloud:
    """The services on a free port of this machine, empty at the beginning; one at a time in a process.

    A context manager. As long as it runs, the AWS settings of this process, all of `AWS_*`, are the
    emulator's: no profile, no credentials and no endpoint of the user's apply, so nothing reaches the real
    AWS.

    Attributes:
        endpoint_url: where it answers, for `AWS_ENDPOINT_URL`.

    Raises:
        MissingExtra: moto, boto3 or awslambdaric are not installed.
    """

    def __init__(self) -> None:
        for name in ("moto", "flask", "boto3", "awslambdaric"):
            if importlib.util.find_spec(name) is None:
                raise MissingExtra(_FEATURE, _EXTRA)
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - heavy, and not everybody has it

        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
        self._before = dict(os.environ)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint_url = f"http://{host}:{port}"
        _forget_everything(host, port)
        _replace_environment(aws_environment(os.environ, self.endpoint_url))
        return self

    def client(self, service: str) -> Any:
        """boto3's client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = aws_client(service, feature=_FEATURE)
        return self._clients[service]

    def __exit__(self, *_: object) -> None:
        _replace_environment(self._before)
        self._server.stop()


def aws_environment(environment: Mapping[str, str], endpoint_url: str) -> dict[str, str]:
    """An environment in which AWS is what answers at an endpoint, and nothing else is left of it."""
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    around = ",".join(filter(None, (kept.get(_NO_PROXY[0]) or kept.get(_NO_PROXY[1]), "127.0.0.1")))
    return {
        **kept,
        **dict.fromkeys(_NO_PROXY, around),
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_REGION": _REGION,
        "AWS_DEFAULT_REGION": _REGION,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _forget_everything(host: str, port: int) -> None:
    """What an earlier server of this process was told is still there: moto keeps it in its modules."""
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().read()
    finally:
        connection.close()


def _replace_environment(wanted: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
