"""The function in its real bootstrap: cold, warm, out of time, shut down, and what each caller is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import quote_plus

import psycopg
import pytest

from fixtures.bucket import Bucket, BucketServer
from fixtures.databases import name_of
from fixtures.deployed import EVENTS, Deployed
from fixtures.queues import EventQueue, queue_for

A = "id,v\n1,a\n2,b\n"
ROWS_A = [(1, "a"), (2, "b")]


@pytest.fixture
def queue(s3: Bucket, bucket_server: BucketServer) -> Iterator[EventQueue]:
    with queue_for(s3, environment=bucket_server.environment) as made:
        yield made


def test_one_environment_answers_all_who_may_invoke_it(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/a b+c.csv", A)
    cold = runtime.invoke(deployed.messages(deployed.created("in/a b+c.csv")))
    assert cold.failures == []
    assert deployed.rows() == ROWS_A
    # Warm, and the same object again: by S3 itself, by SNS, and by a job of S3 Batch.
    direct = runtime.invoke(deployed.notified("in/a b+c.csv"))
    assert [load["state"] for load in direct.body["loads"]] == ["skipped"]
    topic = json.loads((EVENTS / "sns_lambda.json").read_text())
    topic["Records"][0]["Sns"]["Message"] = json.dumps(deployed.notified("in/a b+c.csv"))
    assert [load["state"] for load in runtime.invoke(topic).body["loads"]] == ["skipped"]
    job = json.loads((EVENTS / "s3_batch_2.json").read_text())
    job["tasks"] = [
        {"taskId": "1", "s3Bucket": deployed.bucket.name, "s3Key": quote_plus("in/a b+c.csv")},
        {"taskId": "2", "s3Bucket": "another", "s3Key": "x.csv"},
    ]
    answer = runtime.invoke(job).body
    assert answer["invocationId"] == job["invocationId"]
    assert [(one["taskId"], one["resultCode"]) for one in answer["results"]] == [
        ("1", "Succeeded"),
        ("2", "Succeeded"),
    ]
    # What no event brought waits for the schedule.
    deployed.bucket.put("in/late.csv", "id,v\n3,c\n")
    schedule = json.loads((EVENTS / "scheduled_event.json").read_text())
    assert runtime.invoke(schedule).body == {"states": {"loaded": 1}, "complete": True}
    assert runtime.invoke({"source": "aws.scheduler"}).body == {"states": {}, "complete": True}
    assert runtime.invoke(json.loads((EVENTS / "s3_test_event.json").read_text())).body == {"loads": []}
    assert deployed.rows() == [*ROWS_A, (3, "c")]


def test_only_the_messages_that_failed_come_again_and_the_log_says_of_which_kind(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/good.csv", A)
    deployed.bucket.put("in/empty.csv", "")
    batch = deployed.messages(
        deployed.created("in/empty.csv"),
        deployed.created("in/good.csv"),
        "no JSON",
        deployed.created("in/good.csv", bucket="somebody-elses"),
        deployed.notified("in/gone.csv"),
    )
    assert runtime.invoke(batch).failures == ["0", "2"]
    assert deployed.rows() == ROWS_A
    log = runtime.log()
    assert "in/empty.csv failed (terminal, it will fail again): the file is empty" in log
    assert "message 2 failed (terminal" in log
    assert "somebody-elses/in/good.csv is left alone" in log
    assert log.count("load finished") == 3


def test_what_would_fail_again_is_put_aside_with_its_reason_and_the_queue_may_forget_it(
    deployed: Deployed, queue: EventQueue
) -> None:
    runtime = deployed.runtime(LOADSTONE_DEAD_LETTERS_URL=queue.dead_url)
    deployed.bucket.put("in/empty.csv", "")
    batch = deployed.messages(deployed.created("in/empty.csv"), "no JSON", deployed.created("in/gone.csv"))
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = "3"
    batch["Records"][0]["messageAttributes"] = {
        "sender": {"stringValue": "a", "binaryValue": None, "dataType": "String"},
        "seal": {"stringValue": None, "binaryValue": "AP8=", "dataType": "Binary"},
    }
    assert runtime.invoke(batch).failures == []
    letters = {letter["loadstone.code"]: letter for letter in queue.dead_letters()}
    assert set(letters) == {"format_error", "event_not_understood"}
    empty = letters["format_error"]
    assert json.loads(empty["body"]) == deployed.created("in/empty.csv")
    assert empty["loadstone.reason"] == "the file is empty"
    assert empty["loadstone.uri"] == deployed.bucket.uri("in/empty.csv")
    assert (empty["loadstone.load_id"], empty["loadstone.receive_count"]) == ("1", "3")
    assert (empty["sender"], empty["seal"]) == ("a", b"\0\xff")
    assert "sent to the dead letters: the file is empty" in runtime.log()


def test_dead_letters_that_cannot_be_sent_leave_the_message_to_the_queues_own_redrive(
    deployed: Deployed, queue: EventQueue
) -> None:
    runtime = deployed.runtime(LOADSTONE_DEAD_LETTERS_URL=queue.dead_url + "-gone")
    assert runtime.invoke(deployed.messages("no JSON")).failures == ["0"]
    assert "cannot be put aside, it comes again" in runtime.log()


def test_a_queue_that_keeps_order_gets_back_all_from_the_first_failure_on(deployed: Deployed) -> None:
    deployed.bucket.put("in/good.csv", A)
    good, bad = deployed.created("in/good.csv"), "no JSON"
    batch = deployed.messages(good, bad, good, queue="loadstone.fifo")
    assert deployed.runtime().invoke(batch).failures == ["1", "2"]


def test_a_direct_event_that_fails_is_an_error_so_that_lambda_tries_again(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/empty.csv", "")
    answer = runtime.invoke(deployed.created("in/empty.csv"))
    assert (answer.is_error, answer.body["errorType"]) == (True, "Terminal")
    assert "in/empty.csv: the file is empty" in answer.body["errorMessage"]
    unknown = runtime.invoke({"hello": "world"})
    assert (unknown.is_error, unknown.body["errorType"]) == (True, "EventNotUnderstood")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"LOADSTONE_DATABASE_URL": "", "DATABASE_URL": ""}, "no database"),
        ({"LOADSTONE_PIPELINE": "nowhere.yaml"}, "no such file"),
    ],
)
def test_a_function_that_is_not_configured_says_so_and_loses_no_message(
    deployed: Deployed, queue: EventQueue, changes: dict[str, str], reason: str
) -> None:
    runtime = deployed.runtime(**changes, LOADSTONE_DEAD_LETTERS_URL=queue.dead_url)
    assert runtime.invoke(deployed.messages(deployed.created("in/a.csv"))).failures == ["0"]
    assert queue.dead_letters() == []  # it is not the message that is to blame
    (line,) = [line for line in runtime.lines() if line["level"] == "error"]
    assert reason in line["event"]
    assert line["error_code"] == "configuration_error"


def test_what_the_pipeline_leaves_open_the_functions_settings_say(deployed: Deployed) -> None:
    text = deployed.file.read_text().replace(f"source: s3://{deployed.bucket.name}/in\n", "")
    deployed.bucket.put("settings/pipeline.yaml", text)
    deployed.bucket.put("in/a.csv", A)
    runtime = deployed.runtime(
        LOADSTONE_PIPELINE=deployed.bucket.uri("settings/pipeline.yaml"),
        LOADSTONE_SOURCE=deployed.bucket.uri("in/"),
        LOADSTONE_MAX_CONCURRENT_LOADS="3",
    )
    assert runtime.invoke(deployed.messages(deployed.created("in/a.csv"))).failures == []
    assert deployed.rows() == ROWS_A
    cap = "SELECT value FROM loadstone.settings WHERE name = 'max_concurrent_loads'"
    assert deployed.query(cap) == [("3",)]


def test_a_database_that_is_away_is_transient_and_the_next_event_finds_it_again(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/a.csv", A)
    batch = deployed.messages(deployed.created("in/a.csv"))
    with psycopg.connect(deployed.database_url, dbname="postgres", autocommit=True) as connection:
        alter = f"ALTER DATABASE {name_of(deployed.database_url)} ALLOW_CONNECTIONS".encode()
        connection.execute(alter + b" false")
        assert runtime.invoke(batch, seconds=3).failures == ["0"]
        connection.execute(alter + b" true")
    assert runtime.invoke(batch).failures == []
    assert deployed.rows() == ROWS_A


@pytest.fixture
def stuck(deployed: Deployed) -> Iterator[Callable[[], None]]:
    """A table that somebody holds: its load waits in the database."""
    with psycopg.connect(deployed.database_url) as connection:
        connection.execute("CREATE TABLE orders (id int, v text, _load_id bigint, _row bigint)")
        connection.commit()
        connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        yield connection.rollback


def test_a_load_that_waits_when_the_time_is_over_is_undone_with_its_reason_and_given_back(
    deployed: Deployed, stuck: Callable[[], None]
) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/a.csv", A)
    deployed.bucket.put("in/b.csv", A)
    batch = deployed.messages(deployed.created("in/a.csv"), deployed.created("in/b.csv"))
    assert runtime.invoke(batch, seconds=4).failures == ["0", "1"]
    assert deployed.ledger() == [("in/a.csv", "failed", "out_of_time")]
    stuck()
    assert runtime.invoke(batch).failures == []
    assert deployed.rows() == [(1, "a"), (1, "a"), (2, "b"), (2, "b")]
    log = runtime.log()
    assert "in/a.csv failed (transient" in log
    assert "message 1 is given back: the function's time is over" in log


def test_a_schedule_leaves_to_the_next_one_what_it_has_no_time_for(
    deployed: Deployed, stuck: Callable[[], None]
) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/a.csv", A)
    deployed.bucket.put("in/b.csv", "id,v\n3,c\n")
    schedule = {"source": "aws.scheduler"}
    assert runtime.invoke(schedule, seconds=3).body == {"states": {"failed": 1}, "complete": False}
    direct = runtime.invoke(deployed.created("in/b.csv"), seconds=3)
    assert (direct.is_error, direct.body["errorType"]) == (True, "Transient")
    stuck()
    assert runtime.invoke(schedule).body == {"states": {"loaded": 2}, "complete": True}
    assert deployed.rows() == [*ROWS_A, (3, "c")]


def test_a_schedule_applies_retention_too_and_a_fault_in_it_is_none_of_the_loads(deployed: Deployed) -> None:
    pipeline = deployed.file.read_text().replace("orders}", "orders, columns: {id: {type: integer}}}")
    deployed.file.write_text(f"{pipeline}retention: 7d\n")
    runtime = deployed.runtime()
    deployed.bucket.put("in/a.csv", "id,v\nmine,a\n2,b\n")
    schedule = {"source": "aws.scheduler"}
    assert runtime.invoke(schedule).body == {"states": {"loaded": 1}, "complete": True}
    deployed.execute("UPDATE loadstone.rejects SET rejected_at = now() - interval '8 days'")
    assert runtime.invoke(schedule).body == {"states": {}, "complete": True}
    assert deployed.query("SELECT count(raw) FROM loadstone.rejects") == [(1,)]  # it is not time yet
    deployed.execute("DELETE FROM loadstone.settings WHERE name LIKE 'retention%'")
    assert runtime.invoke(schedule).body == {"states": {}, "complete": True}
    assert deployed.query("SELECT raw, reason FROM loadstone.rejects") == [(None, "… is not an integer")]
    deployed.execute("DROP TABLE loadstone.settings")
    assert runtime.invoke(schedule).body == {"states": {}, "complete": True}
    log = runtime.log()
    assert "retention applied" in log
    assert "retention: " in log


def test_a_large_file_is_ended_amid_its_rows_and_none_of_them_stays(deployed: Deployed) -> None:
    runtime = deployed.runtime(LOADSTONE_CODEC="python")  # slow enough to be amid it
    deployed.bucket.put("in/warm.csv", A)
    assert runtime.invoke(deployed.created("in/warm.csv")).body["loads"][0]["state"] == "loaded"
    deployed.bucket.put("in/large.csv", "id,v\n" + "7,some text to make the row a longer one\n" * 400_000)
    answer = runtime.invoke(deployed.messages(deployed.created("in/large.csv")), seconds=3)
    assert answer.failures == ["0"]
    assert deployed.rows() == ROWS_A
    ((reason,),) = deployed.query("SELECT error FROM loadstone.loads WHERE key = 'in/large.csv'")
    assert "time" in reason
    assert "nothing of" in reason


def test_a_shutdown_undoes_what_is_under_way_and_says_why(
    deployed: Deployed, stuck: Callable[[], None]
) -> None:
    runtime = deployed.runtime()
    deployed.bucket.put("in/a.csv", A)
    runtime.begin(deployed.messages(deployed.created("in/a.csv")))
    with psycopg.connect(deployed.database_url, autocommit=True) as connection:
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass::oid"
        while connection.execute(waiting.encode()).fetchone() is None:
            assert runtime.process.poll() is None
    assert runtime.shut_down() == 0
    assert deployed.ledger() == [("in/a.csv", "failed", "out_of_time")]
    assert "shut down" in deployed.query("SELECT error FROM loadstone.loads")[0][0]
    stuck()
    assert deployed.rows() == []


def test_an_idle_environment_ends_at_once(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    runtime.invoke({"source": "aws.scheduler"})
    assert runtime.shut_down() != 0


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ("loadstone.lambda_handlers.handler", "Unable to import module 'loadstone.lambda_handlers'"),
        ("loadstone.lambda_handler.handle", "Handler 'handle' missing"),
    ],
)
def test_a_handler_that_is_misnamed_is_an_error_before_the_first_event(
    deployed: Deployed, handler: str, reason: str
) -> None:
    runtime = deployed.runtime(handler)
    answer = runtime.answer()
    assert answer.path.endswith("/runtime/init/error")
    assert reason in answer.body["errorMessage"]
    assert runtime.ended()[0] == 1


def test_six_megabytes_of_events_are_answered_in_time(deployed: Deployed) -> None:
    runtime = deployed.runtime()
    told = deployed.notified("in/a.csv")
    foreign = deployed.notified("k" * 900)["Records"][0]
    foreign["s3"]["bucket"]["name"] = "another"
    deployed.bucket.put("in/a.csv", A)
    told["Records"] += [foreign] * 4_000
    assert len(json.dumps(told)) > 6_000_000
    assert runtime.invoke(deployed.messages(told), seconds=60).failures == []
    assert deployed.rows() == ROWS_A


def test_the_handler_is_imported_in_little_time_and_without_a_command_line() -> None:
    program = (
        "import sys, json, time\n"
        "import loadstone.lambda_handler\n"
        "print(json.dumps([time.process_time(), list(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    seconds, modules = json.loads(done.stdout)
    needless = {"click", "rich", "boto3", "pyarrow", "opentelemetry", "loadstone.embedded"}
    assert needless & set(modules) == set()
    assert "obstore" in modules  # before the first event, when nobody waits
    # It is 0.2 s on a quiet machine, of the 1.5 s that a first load may take.
    assert seconds < 1.0
