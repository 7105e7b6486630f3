"""Parameters come from options and files, and mistakes in them are told before AWS is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadstone.deploy.parameters import checked, from_file, from_options, from_outputs
from loadstone.errors import ConfigurationError, UsageError


def test_options_are_split_at_their_first_equals_sign() -> None:
    assert from_options(["KeyPrefix=a=b/", "DatabaseUrl="]) == {"KeyPrefix": "a=b/", "DatabaseUrl": ""}


def test_an_option_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(UsageError, match="no parameter"):
        from_options(["KeyPrefix"])


@pytest.mark.parametrize(
    "text",
    [
        "MemorySize: 0512\nSubnetIds: [subnet-1, subnet-2]\nEngine: no\n",
        json.dumps({"MemorySize": "0512", "SubnetIds": ["subnet-1", "subnet-2"], "Engine": "no"}),
        json.dumps(
            [
                {"ParameterKey": "MemorySize", "ParameterValue": "0512"},
                {"ParameterKey": "SubnetIds", "ParameterValue": "subnet-1,subnet-2"},
                {"ParameterKey": "Engine", "ParameterValue": "no"},
            ]
        ),
    ],
    ids=["yaml", "json", "as the AWS command line reads them"],
)
def test_a_file_is_yaml_or_json_and_its_values_are_what_they_look_like(tmp_path: Path, text: str) -> None:
    file = tmp_path / "parameters"
    file.write_text(text, encoding="utf-8")
    assert from_file(file) == {"MemorySize": "0512", "SubnetIds": "subnet-1,subnet-2", "Engine": "no"}


@pytest.mark.parametrize("text", ["a: {b: c}", "just words", "a: [", "- 1"])
def test_a_file_that_is_no_mapping_of_plain_values_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "parameters.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        from_file(file)


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        checked({"MemorySzie": "512", "ImageUri": "x"}, "pipeline", is_new=True)
    assert error.value.hint == "did you mean MemorySize?"


def test_a_new_stack_needs_what_has_no_default_and_an_old_one_remembers_it() -> None:
    with pytest.raises(UsageError, match="ImageUri is missing"):
        checked({}, "pipeline", is_new=True)
    assert checked({}, "pipeline", is_new=False) == {}


def test_the_outputs_of_the_network_become_parameters_of_the_pipeline() -> None:
    outputs = {"SubnetIds": "a,b", "VpcId": "vpc-1", "DatabaseHost": "h"}
    assert from_outputs(outputs, "pipeline") == {"SubnetIds": "a,b", "DatabaseHost": "h"}
