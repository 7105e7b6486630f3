"""The parameters of a deployment: from options, files, and the outputs of another stack."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from loadstone.deploy.committed import template_text
from loadstone.errors import ConfigurationError, UsageError

__all__ = ["checked", "from_file", "from_options", "from_outputs", "template_parameters"]


def template_parameters(stack: str) -> Mapping[str, Mapping[str, Any]]:
    """The parameters of a committed template."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(template_text(stack))["Parameters"]
    return found


def from_options(options: Iterable[str]) -> dict[str, str]:
    """`Name=Value` as it stands on the command line.

    Raises:
        UsageError: there is no `=`.
    """
    found = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise UsageError(f"{option!r} is no parameter", hint="write Name=Value")
        found[name] = value
    return found


def from_file(path: Path) -> dict[str, str]:
    """A mapping in YAML or JSON, or the list that the AWS command line reads.

    Raises:
        ConfigurationError: it is neither, or a value is no plain one.
    """
    try:
        # As text: `00123` and `yes` are what they look like.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - plain texts alone
    except yaml.YAMLError as error:
        raise ConfigurationError(f"it is neither YAML nor JSON: {error}", where=str(path)) from None
    if isinstance(content, list) and all(isinstance(one, dict) for one in content):
        content = {one.get("ParameterKey"): one.get("ParameterValue") for one in content}
    if not isinstance(content, dict):
        raise ConfigurationError("parameters are a mapping of names to values", where=str(path))
    found = {}
    for name, value in content.items():
        if isinstance(value, list):
            value = ",".join(map(str, value))  # noqa: PLW2901 - lists of subnets, as CloudFormation wants them
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationError(f"{name} is no plain value", where=str(path))
        found[name] = value
    return found


def from_outputs(outputs: Mapping[str, str], stack: str) -> dict[str, str]:
    """Of another stack's outputs, those that are parameters of this one."""
    known = template_parameters(stack)
    return {name: value for name, value in outputs.items() if name in known}


def checked(parameters: Mapping[str, str], stack: str, *, is_new: bool) -> dict[str, str]:
    """The parameters, once it is clear that the template has them all.

    Args:
        parameters: by name.
        stack: the template's name.
        is_new: what has no default must be given; an existing stack remembers it.

    Raises:
        UsageError: one is unknown, or missing.
    """
    known = template_parameters(stack)
    for name in parameters:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise UsageError(
                f"the {stack} template has no parameter {name}",
                hint=f"did you mean {near[0]}?" if near else f"loadstone template --stack {stack} shows them",
            )
    if is_new:
        for name, one in known.items():
            if "Default" not in one and name not in parameters:
                raise UsageError(
                    f"the parameter {name} is missing: {one['Description']}", hint=f"-p {name}=VALUE"
                )
    return dict(parameters)
