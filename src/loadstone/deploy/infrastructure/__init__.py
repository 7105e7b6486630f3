"""The infrastructure as code. `python -m loadstone.deploy.infrastructure` writes the templates.

Nothing else imports this package: who deploys a template needs neither CDK nor Node.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from loadstone.errors import MissingExtra

if TYPE_CHECKING:
    from loadstone.deploy.infrastructure.network_database import NetworkDatabaseStack
    from loadstone.deploy.infrastructure.pipeline import PipelineStack

__all__ = ["NetworkDatabaseStack", "PipelineStack", "synthesize"]

_STACKS = {"NetworkDatabaseStack": "network_database", "PipelineStack": "pipeline"}


def __getattr__(name: str) -> Any:
    """The stacks, for CDK apps of others; CDK is imported when one is asked for."""
    if name not in _STACKS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - CDK takes seconds to import

    _require_cdk()
    return getattr(importlib.import_module(f"{__name__}.{_STACKS[name]}"), name)


def synthesize(*, with_checks: bool = False) -> dict[str, str]:
    """The templates as CDK makes them from the code, by the stacks' names, as YAML.

    Args:
        with_checks: run cdk-nag's AwsSolutions rules; what they find raises.

    Raises:
        MissingExtra: aws-cdk-lib, or cdk-nag where it is asked for, is not installed.
    """
    _require_cdk()
    from loadstone.deploy.infrastructure.app import synthesized  # noqa: PLC0415 - CDK takes seconds to import

    return synthesized(with_checks=with_checks)


def _require_cdk() -> None:
    # Node's versions come and go; what is synthesized stays the same. Read when CDK starts its Node process.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    try:
        import aws_cdk  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise MissingExtra("synthesizing the templates", "cdk") from None
