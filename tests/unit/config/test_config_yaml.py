"""pipeline.yaml is read as it stands: nothing is guessed, nothing is lost."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loadstone.config.pipeline_file import parse_pipeline
from loadstone.config.problem import InvalidPipeline
from loadstone.model.pipeline import ColumnConfig, Pipeline


def pipeline(text: str, **environment: str) -> Pipeline:
    return parse_pipeline(text, "pipeline.yaml", environment)


def column(written: str) -> ColumnConfig:
    """The configuration of a column that is written so."""
    text = f"datasets: {{d: {{files: x.csv, columns: {{c: {written}}}}}}}"
    return pipeline(text).datasets["d"].columns["c"]


def mistakes(text: str, **environment: str) -> list[tuple[str, str, str | None]]:
    """Where, what and hint of everything that is wrong with a text."""
    with pytest.raises(InvalidPipeline) as raised:
        pipeline(text, **environment)
    return [(one.where("p.yaml"), one.what, one.hint) for one in raised.value.problems]


@pytest.mark.parametrize(
    "written",
    ["NO", "no", "on", "yes", "y", "n/a", "001", "1.50", "12:30", "0x10", "0o17", "1_000", "2024-01-01", "~",
     "null", "1e5", "TRUE", ".inf", "<<", "="],
)  # fmt: skip
def test_an_unquoted_scalar_stays_the_text_that_it_is_where_text_is_wanted(written: str) -> None:
    assert column(f"{{null_values: [{written}]}}").null_values == (written,)
    assert column(f"{{values: [{written}, b]}}").values == (written, "b")


@given(st.text(string.ascii_letters + string.digits + "_.+-/", min_size=1, max_size=8))
def test_every_plain_word_stays_the_same_text(word: str) -> None:
    """A law over all words that YAML takes as plain scalars."""
    if not isinstance(yaml.compose(f"[{word}]", Loader=yaml.BaseLoader).value[0], yaml.ScalarNode):
        return
    if word == "-" or word.startswith(("---", "...")):
        return
    assert column(f"{{null_values: [{word}]}}").null_values == (word,)


def test_null_leaves_a_bound_open_and_quoted_it_is_a_word() -> None:
    assert column("{type: integer, range: [0, null]}").range == ("0", None)
    assert column("{type: integer, range: [~, 9]}").range == (None, "9")
    assert column("{type: text, default: 'null'}").default == "null"
    assert column("{type: text, default: ''}").default == ""
    assert column("{type: text, default: null}").default is None


def test_otherwise_null_needs_no_quotes() -> None:
    assert column("{type: integer, range: [0, 1], otherwise: null}").otherwise == "null"
    assert column("{type: integer, range: [0, 9], otherwise: {set: 007}}").otherwise == {"set": "007"}


def test_numbers_and_booleans_are_those_where_they_are_wanted() -> None:
    assert column("{max_length: 10}").max_length == 10
    assert column("{required: yes}").required is True
    assert column("{required: off}").required is False
    assert pipeline("limits: {lock_timeout: 2.5}").limits.lock_timeout == 2.5


def test_column_names_are_text_whatever_they_look_like() -> None:
    text = "datasets: {d: {files: x.csv, columns: {no: {}, 2024: {}, null: {}, 1.50: {}, 'a.b': {}}}}"
    assert list(pipeline(text).datasets["d"].columns) == ["no", "2024", "null", "1.50", "a.b"]


def test_a_column_or_a_mapping_with_nothing_behind_it_has_the_defaults() -> None:
    text = "limits:\ndatasets:\n  d:\n    files: x.csv\n    columns:\n      city:\n"
    assert pipeline(text).datasets["d"].columns == {"city": ColumnConfig()}
    assert pipeline("") == Pipeline()
    assert pipeline("# only a remark\n") == Pipeline()


def test_a_reject_limit_is_a_count_or_a_share_or_none() -> None:
    def limit(written: str) -> str:
        read = pipeline(f"datasets: {{d: {{files: x, reject_limit: {written}}}}}")
        return str(read.datasets["d"].reject_limit)

    assert [limit("25"), limit("0.5%"), limit("null")] == ["25 rows", "0.5 %", "no limit"]


def test_a_key_that_is_there_twice_is_an_error_with_both_places() -> None:
    text = "datasets:\n  d:\n    files: a\n  e:\n    files: b\n    files: c\n"
    assert mistakes(text) == [
        ("p.yaml:6:5", "datasets.e.files: the key is here twice", "it is first given in line 5")
    ]


def test_anchors_and_merge_keys_work_and_own_keys_win() -> None:
    text = """
datasets:
  a: &base {files: a.csv, mode: merge, key: id}
  b:
    <<: *base
    files: b.csv
"""
    loaded = pipeline(text).datasets
    assert loaded["b"].files == ("b.csv",)
    assert (loaded["b"].mode, loaded["b"].key) == ("merge", ("id",))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("datasets: [", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("a:\n\tb: 1", "not valid YAML"),
        ("name: a\n---\nname: b", "not valid YAML"),
        ("name: \x00", "not valid YAML"),
        (r'name: "\U00110000"', "names no character"),
        ("name: !!python/object/apply:os.system [ls]", "is not known"),
        ("name: !secret x", "is not known"),
        ("datasets: &d {a: *d}", "contains itself"),
        ("[a, b]", "not a mapping"),
        ("just words", "not a mapping"),
        ("? [a]\n: b", "a key must be text"),
        ("[" * 5000, "not valid YAML"),
    ],
)
def test_what_is_no_such_document_is_one_clear_error(text: str, what: str) -> None:
    assert what in mistakes(text)[0][1]


def test_a_small_file_cannot_become_a_huge_document() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert any("too large" in what for _, what, _ in mistakes("\n".join(levels)))


def test_variables_are_expanded_in_values() -> None:
    text = 'source: "s3://${BUCKET}/x"\nname: ${NAME:-none}\nlimits: {attempts: "${N}"}'
    read = pipeline(text, BUCKET="b", N="3")
    assert (read.source, read.name, read.limits.attempts) == ("s3://b/x", "none", 3)


def test_an_expanded_number_is_a_number_and_a_dollar_can_be_written() -> None:
    assert pipeline("limits: {attempts: '${N}'}", N="7").limits.attempts == 7
    assert pipeline("name: a$${B}$", B="no").name == "a${B}$"


def test_a_variable_within_braces_needs_quotes_and_the_hint_says_so() -> None:
    ((_, what, hint),) = mistakes("limits: {attempts: ${N}}", N="7")
    assert "not valid YAML" in what
    assert hint == 'quote ${VARIABLE} within braces: {key: "${VARIABLE}"}'


def test_an_unset_variable_is_an_error_that_names_the_path_and_the_variable() -> None:
    assert mistakes("limits:\n  attempts: ${TRIES}\nname: ${}") == [
        (
            "p.yaml:2:13",
            "limits.attempts: the environment variable TRIES is not set",
            "export TRIES=..., or give a default: ${TRIES:-...}",
        ),
        (
            "p.yaml:3:7",
            "name: '${' does not begin a reference such as ${NAME} or ${NAME:-default}",
            "write $${ where ${ is meant as it stands",
        ),
    ]


def test_an_unset_variable_in_the_destination_waits_until_the_destination_is_needed() -> None:
    assert pipeline("destination: ${NOWHERE}").destination == "${NOWHERE}"
