"""From a file to a message: what is told, to whom, and how often."""

from __future__ import annotations

import logging

import pytest

from fixtures.commandline import CommandLine
from fixtures.receiver import Answer, Receiver
from fixtures.told import Told
from loadstone.wiring.workspace import Workspace

PASS_THE_LEASE = "UPDATE loadstone.notifications SET next_at = now() - interval '1 second'"


def test_a_load_is_told_once_however_often_it_is_asked_for(told: Told) -> None:
    outcome = told.load("day1.csv", "n\n1\n2\n")
    assert outcome.state == "loaded"
    (text,) = told.receiver.texts
    assert text.startswith(f"orders: {told.folder}/day1.csv loaded into public.orders: 2 rows, 0 rejected, ")
    with told.workspace() as workspace:
        assert [again.state for again in workspace.load()] == ["skipped"]
    assert told.notify() == []
    assert len(told.receiver.requests) == 1
    assert told.rows() == [(outcome.load_id, "loaded", "sent", 1)]


def test_each_kind_is_told_where_it_holds(told: Told) -> None:
    told.on = ["landed", "failed", {"rejects_over": 1}]
    told.options = {"reject_limit": 2}
    first = told.load("a.csv", "n\n1\nx\ny\n")
    second = told.load("b.csv", "n\nx\ny\nz\n")
    assert (first.state, second.state) == ("loaded", "failed")
    kinds = [(load, kind) for load, kind, _, _ in told.rows()]
    assert kinds == [
        (first.load_id, "landed"),
        (first.load_id, "rejects_over"),
        (second.load_id, "failed"),
        (second.load_id, "landed"),
        (second.load_id, "rejects_over"),
    ]
    assert f"orders: 2 of 3 rows of {told.folder}/a.csv were rejected (66.7%)" in told.receiver.texts[1]
    assert "3 of 3 rows were rejected, the limit is 2 rows" in "".join(told.receiver.texts)


def test_an_object_that_is_tried_again_lands_once(told: Told) -> None:
    told.on, told.options = ["landed", "failed"], {"reject_limit": 0}
    loads = [told.load("a.csv", "n\nx\n").load_id]
    with told.workspace() as workspace:
        loads += [one.load_id for one in workspace.load()]
    kinds = [(load, kind) for load, kind, _, _ in told.rows()]
    assert kinds == [(loads[0], "failed"), (loads[0], "landed"), (loads[1], "failed")]


def test_a_template_says_what_is_said(told: Told) -> None:
    told.template = "{dataset}/{key}: {rows_loaded:,} of {rows_read:,}"
    told.load("day1.csv", "n\n" + "1\n" * 1_234)
    assert told.receiver.texts == ["orders/day1.csv: 1,234 of 1,234"]


def test_the_name_of_a_file_calls_nobody(told: Told) -> None:
    told.template = "<!here> {key}"
    told.load("<!channel>&.csv", "n\n1\n")
    assert told.receiver.texts == ["<!here> &lt;!channel&gt;&amp;.csv"]


def test_a_dataset_may_have_targets_of_its_own_or_none(told: Told) -> None:
    told.options = {"notify": []}
    assert told.load("day1.csv", "n\n1\n").state == "loaded"
    assert told.receiver.requests == []


def test_a_target_that_does_not_take_it_fails_no_load_and_is_told_later(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.receiver.answers.extend([Answer(503)] * 3)
    with caplog.at_level(logging.WARNING):
        outcome = told.load("day1.csv", "n\n1\n")
    assert outcome.state == "loaded"
    assert told.rows() == [(outcome.load_id, "loaded", "failed", 1)]
    assert "it answered 503" in caplog.text
    assert "top-secret-token" not in caplog.text
    (delivery,) = told.notify()
    assert (delivery.state, delivery.notice.load_id) == ("sent", outcome.load_id)
    assert told.rows() == [(outcome.load_id, "loaded", "sent", 2)]
    assert told.notify() == []


def test_a_target_that_refuses_is_not_asked_again(told: Told) -> None:
    told.receiver.answers.append(Answer(404))
    outcome = told.load("day1.csv", "n\n1\n")
    assert told.notify() == []
    assert told.rows() == [(outcome.load_id, "loaded", "given_up", 1)]
    assert len(told.receiver.requests) == 1


def test_loads_do_not_wait_for_a_target_that_has_just_failed(told: Told) -> None:
    told.receiver.answers.append(Answer(429, {"Retry-After": "120"}))
    with told.workspace() as workspace:
        for name in ("a.csv", "b.csv", "c.csv"):
            (told.folder / name).write_text(f"n\n{ord(name[0])}\n")
        loads = [outcome.load_id for outcome in workspace.load()]
    assert len(told.receiver.requests) == 1
    assert [(load, state) for load, _, state, _ in told.rows()] == [
        (loads[0], "failed"),
        (loads[1], "waiting"),
        (loads[2], "waiting"),
    ]
    assert sorted(one.state for one in told.notify()) == ["sent", "sent", "sent"]


def test_a_worker_that_dies_before_it_sends_leaves_the_claim_to_the_next_pass(told: Told) -> None:
    told.on = "failed"
    outcome = told.load("day1.csv", "n\n1\n")  # nothing to tell of it, but the target is known from now on
    told.on = "loaded"
    with told.workspace() as workspace:
        after_commit = workspace._telling()
        (load,) = after_commit.loads([outcome.load_id or 0])
        ((notice, recipient),) = after_commit.notices(load)
        assert after_commit.ledger.claim(notice, recipient.notifier.name) is not None
        # Here it is killed. Until its lease ends the claim may still be at work, and nobody else sends.
        assert after_commit.ledger.claim(notice, recipient.notifier.name) is None
    assert told.notify() == []
    told.change(PASS_THE_LEASE)
    assert [one.state for one in told.notify()] == ["sent"]
    told.change(PASS_THE_LEASE)
    assert told.notify() == []
    assert len(told.receiver.requests) == 1


def test_a_worker_that_dies_after_it_sent_has_its_message_sent_again_under_the_same_name(told: Told) -> None:
    outcome = told.load("day1.csv", "n\n1\n")
    told.change("UPDATE loadstone.notifications SET state = 'sending', sent_at = NULL")
    told.change(PASS_THE_LEASE)
    assert [one.state for one in told.notify()] == ["sent"]
    names = [headers["X-Loadstone-Notification"] for headers, _ in told.receiver.requests]
    assert names == [f"shop:{outcome.load_id}:loaded"] * 2


def test_a_worker_that_is_killed_while_it_sends_has_loaded_once_and_told_twice(
    told: Told, receiver: Receiver
) -> None:
    receiver.answers.append(Answer(hangs=True))
    shell = CommandLine(told.folder, {"LOADSTONE_DATABASE_URL": told.database_url, "HOOK": receiver.url})
    shell.write("day1.csv", "n\n1\n2\n")
    shell.write(
        "pipeline.yaml",
        "source: .\nnotify: [{webhook: '${HOOK}', on: loaded}]\ndatasets: {orders: {files: '*.csv'}}\n",
    )
    process = shell.start("load")
    receiver.wait()
    process.kill()
    process.communicate()
    assert [row[1:] for row in told.rows()] == [("loaded", "sending", 1)]
    assert shell("notify", "--json").document == {"notifications": []}  # its claim holds for five minutes
    told.change(PASS_THE_LEASE)
    (sent,) = shell("notify", "--json").document["notifications"]
    assert sent["state"] == "sent"
    assert [one["state"] for one in shell("load", "--json").document["loads"]] == ["skipped"]
    assert len(receiver.requests) == 2
    names = {headers["X-Loadstone-Notification"] for headers, _ in receiver.requests}
    assert len(names) == 1
    assert told.rows("SELECT n, 0 FROM orders") == [(1, 0), (2, 0)]


def test_an_answer_that_comes_after_the_claim_was_taken_over_settles_nothing(told: Told) -> None:
    outcome = told.load("day1.csv", "n\n1\n")
    told.change("UPDATE loadstone.notifications SET state = 'failed'")
    told.change(PASS_THE_LEASE)
    with told.workspace() as workspace:
        after_commit = workspace._telling()
        ledger = after_commit.ledger
        ((notice, recipient),) = after_commit.notices(*after_commit.loads([outcome.load_id or 0]))
        slow = ledger.claim(notice, recipient.notifier.name)
        told.change(PASS_THE_LEASE)
        quick = ledger.claim(notice, recipient.notifier.name)
        assert slow is not None
        assert quick is not None
        ledger.settle(slow, "too late")
        assert told.rows() == [(outcome.load_id, "loaded", "sending", 3)]
        ledger.settle(quick)
    assert told.rows() == [(outcome.load_id, "loaded", "sent", 3)]


def test_a_load_whose_worker_died_before_it_told_anybody_is_told_by_the_next_pass(told: Told) -> None:
    told.load("day1.csv", "n\n1\n")
    told.change("DELETE FROM loadstone.notifications")
    assert [one.state for one in told.notify(dry_run=True)] == ["due"]
    assert len(told.receiver.requests) == 1
    assert [one.state for one in told.notify()] == ["sent"]
    assert len(told.receiver.requests) == 2


def test_what_was_loaded_before_a_target_asked_is_not_told(told: Told) -> None:
    told.targets = []
    told.load("day1.csv", "n\n1\n")
    told.targets = None
    assert told.notify() == []
    told.load("day2.csv", "n\n2\n")
    assert len(told.receiver.requests) == 1


def test_what_was_tried_ten_times_is_given_up(told: Told) -> None:
    told.receiver.answers.extend([Answer(503)] * 3)
    told.load("day1.csv", "n\n1\n")
    told.change("UPDATE loadstone.notifications SET attempts = 9")
    told.change(PASS_THE_LEASE)
    told.receiver.answers.extend([Answer(503)] * 3)
    assert [one.state for one in told.notify()] == ["failed"]
    assert [row[2:] for row in told.rows()] == [("given_up", 10)]
    told.change(PASS_THE_LEASE)
    assert told.notify() == []


def test_a_plan_tells_nobody(told: Told) -> None:
    (told.folder / "day1.csv").write_text("n\n1\n")
    with told.workspace() as workspace:
        assert [planned.outcome.state for planned in workspace.plan()] == ["loaded"]
    assert told.rows() == []
    assert told.receiver.requests == []


def test_content_of_cells_is_not_sent(told: Told) -> None:
    told.on, told.options = "failed", {"mode": "append", "columns": {"n": {"type": "integer"}}}
    told.load("day1.csv", "n\n1\n")
    told.change(
        "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the customer \"%\" is blocked', 4711 USING ERRCODE = '53000'; END $$;"
        " CREATE TRIGGER forbid BEFORE INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION forbid()"
    )
    assert told.load("day2.csv", "n\n2\n").state == "failed"
    (text,) = told.receiver.texts
    assert "is blocked" in text
    assert "4711" not in text


def test_where_the_schema_is_too_old_loads_go_on_and_the_log_says_why(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.targets = []
    told.load("day1.csv", "n\n1\n")
    told.targets = None
    told.change(
        "DROP TABLE loadstone.notifications, loadstone.notification_subscriptions;"
        " DROP INDEX loadstone.loads_by_finish; DELETE FROM loadstone.schema_version WHERE version = 2"
    )
    workspace = Workspace(told.pipeline, told.database_url, migrate=False)
    with workspace, caplog.at_level(logging.WARNING):
        (told.folder / "day2.csv").write_text("n\n2\n")
        assert [one.state for one in workspace.load()] == ["skipped", "loaded"]
    assert "notifications need 2" in caplog.text
    assert told.receiver.requests == []
