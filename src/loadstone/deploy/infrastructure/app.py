"""The CDK app: both stacks, without bootstrap, assets or custom resources."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import yaml

from loadstone.deploy.infrastructure.network_database import NetworkDatabaseStack
from loadstone.deploy.infrastructure.pipeline import PipelineStack
from loadstone.errors import MissingExtra

__all__ = ["synthesized"]

_HEADING = """\
# Made by `make templates` from src/loadstone/deploy/infrastructure: change it there.
# Deployable as it is: by the CloudFormation console, `aws cloudformation deploy`, or `loadstone deploy`.
"""


def synthesized(*, with_checks: bool = False) -> dict[str, str]:
    """The templates of both stacks as YAML."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, analytics_reporting=False)
        NetworkDatabaseStack(app, "network-database", synthesizer=cdk.BootstraplessSynthesizer())
        PipelineStack(app, "pipeline", synthesizer=cdk.BootstraplessSynthesizer())
        if with_checks:
            _check(app)
        assembly = app.synth()
        return {stack.stack_name: _as_yaml(Path(stack.template_full_path)) for stack in assembly.stacks}


def _check(app: Any) -> None:
    try:
        from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 - an extra of development
    except ImportError:
        raise MissingExtra("checking the stacks", "infra") from None
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=True))


def _as_yaml(path: Path) -> str:
    template = json.loads(path.read_text(encoding="utf-8"))
    first = (
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Resources",
        "Outputs",
    )
    ordered = {"AWSTemplateFormatVersion": "2010-09-09"}
    ordered |= {key: template[key] for key in first if key in template}
    if left := template.keys() - ordered.keys():
        raise ValueError(f"unknown parts of a template: {sorted(left)}")
    return _HEADING + yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Without anchors: templates are read by people and by the console's designer."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True
