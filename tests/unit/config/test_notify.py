"""`notify:` in pipeline.yaml: its short forms, and what is said of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadstone.config.pipeline_file import parse_pipeline
from loadstone.config.problem import InvalidPipeline
from loadstone.core.config_hash import config_hash
from loadstone.model.notice import NOTICE_FIELDS
from loadstone.model.pipeline import NotifyOn, Pipeline

TOPIC = "arn:aws:sns:eu-central-1:123456789012:loads"
SECRET = "https://hooks.slack.com/services/T0/B0/s3cr3t"


def parse(notify: str, **environment: str) -> Pipeline:
    text = f"notify:\n{notify}\ndatasets:\n  orders: {{files: '*.csv'}}\n"
    return parse_pipeline(text, "pipeline.yaml", environment)


def mistake(notify: str) -> tuple[str, str | None]:
    with pytest.raises(InvalidPipeline) as raised:
        parse(notify)
    (problem,) = raised.value.problems
    assert problem.place is not None
    return problem.what, problem.hint


def test_targets_are_written_as_people_say_it() -> None:
    (topic, hook) = parse(
        f"  - sns: {TOPIC}\n    on: failed\n"
        "  - webhook: ${SLACK}\n"
        "    on: [landed, rejects_over: 1%, nothing_by: 06:00 Europe/Berlin, volume_off: 3]\n"
        "    template: '{dataset}: {rows_loaded:,}'\n",
        SLACK=SECRET,
    ).notify
    assert topic.on.kinds == ("failed",)
    assert hook.webhook == SECRET
    assert hook.on.kinds == ("landed", "rejects_over", "nothing_by", "volume_off")
    assert str(hook.on.rejects_over) == "1 %"
    assert hook.on.nothing_by is not None
    assert (hook.on.nothing_by.time, hook.on.nothing_by.timezone) == ("06:00", "Europe/Berlin")
    assert hook.on.volume_off == 3.0


def test_a_count_of_rejects_is_a_count() -> None:
    (target,) = parse(f"  - {{sns: '{TOPIC}', on: {{rejects_over: 25, loaded: true}}}}").notify
    assert target.on.rejects_over is not None
    assert target.on.rejects_over.count == 25


@pytest.mark.parametrize(
    ("target", "what", "hint"),
    [
        (f"sns: {TOPIC}\n    on: [faild]", "notify[0].on.faild: unknown key", "did you mean failed?"),
        (f"sns: {TOPIC}\n    on: [volume_off]", "volume_off takes a value, as in `volume_off: 3`", None),
        (f"sns: {TOPIC}\n    on: []", "it names nothing", None),
        (f"sns: {TOPIC}\n    on: [failed, failed]", "failed is there twice", None),
        (f"sns: {TOPIC}", "notify[0].on: is missing", None),
        ("on: failed", "it is either `sns: arn:...` or `webhook: https://...`", None),
        ("sns: loads\n    on: failed", "'loads' is not a topic", None),
        (f"sns: {TOPIC}\n    on: {{volume_off: 1}}", "1 is not greater than 1", None),
        (f"sns: {TOPIC}\n    on: {{nothing_by: 6am}}", "'6am' is not a time of day", None),
        (
            f"sns: {TOPIC}\n    on: {{nothing_by: 06:00 Berlin}}",
            "'Berlin' is not a time zone",
            "use an IANA name such as Europe/Berlin",
        ),
        (
            f"sns: {TOPIC}\n    on: failed\n    template: '{{row_loaded}}'",
            "there is no field 'row_loaded'",
            "did you mean rows_loaded?",
        ),
        (
            f"sns: {TOPIC}\n    on: failed\n    template: '{{dataset.__class__}}'",
            "there is no field 'dataset.__class__'",
            "did you mean dataset?",
        ),
        (
            f"sns: {TOPIC}\n    on: failed\n    template: '{{'",
            "not a format string",
            "write {{ and }} for plain braces",
        ),
        (f"sns: {TOPIC}\n    on: failed\n    template: '{{}}'", "a field has no name", None),
        (f"sns: {TOPIC}\n    on: failed\n    template: '{{uri:,}}'", "Cannot specify ','", None),
        (f"sns: {TOPIC}\n    on: failed\n    template: '{{uri:>9999}}'", "padded to more than", None),
        (f"sns: {TOPIC}\n    on: failed\n    template: '{{uri:>999999999999}}'", "padded to more than", None),
        (
            f"sns: {TOPIC}\n    on: failed\n  - sns: {TOPIC}\n    on: failed",
            "the same target is told of failed above",
            "name it once",
        ),
    ],
)
def test_mistakes_are_named_with_the_way_out(target: str, what: str, hint: str | None) -> None:
    found, advice = mistake(f"  - {target}")
    assert what in found
    if hint is not None:
        assert advice == hint


@pytest.mark.parametrize("written", ["hooks.example/s3cr3t", "[https://example/s3cr3t]", "{a: s3cr3t}"])
def test_a_webhook_that_is_none_is_not_repeated(written: str) -> None:
    with pytest.raises(InvalidPipeline) as raised:
        parse(f"  - webhook: {written}\n    on: failed")
    assert "s3cr3t" not in str(raised.value)


def test_a_pipeline_that_is_printed_does_not_show_its_webhook() -> None:
    pipeline = parse(f"  - webhook: {SECRET}\n    on: failed")
    assert "s3cr3t" not in repr(pipeline)
    assert "s3cr3t" not in str(pipeline)


def test_who_is_told_does_not_change_what_is_loaded() -> None:
    plain = Pipeline.from_dict({"datasets": {"a": {"files": "*.csv"}}}).datasets["a"]
    told = Pipeline.from_dict(
        {"datasets": {"a": {"files": "*.csv", "notify": [{"sns": TOPIC, "on": "failed"}]}}}
    ).datasets["a"]
    assert config_hash(plain) == config_hash(told)


def test_the_guide_lists_every_field_of_templates() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs/guides/notifications.md").read_text("utf-8")
    table = guide.partition("## Templates")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert told == dict(NOTICE_FIELDS)


def test_the_guides_example_is_valid() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs/guides/notifications.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    pipeline = parse_pipeline(example, "pipeline.yaml", {"SLACK_WEBHOOK": SECRET})
    assert len(pipeline.notify) == 2
    assert pipeline.datasets["archive"].notify == ()


def test_settings_in_code_take_the_same() -> None:
    assert NotifyOn(failed=True).kinds == ("failed",)
