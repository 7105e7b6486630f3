"""What the function tells those who watch: metrics on stdout, traces before it answers."""

from __future__ import annotations

import json
import platform
import socket
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fixtures.answering import Answer, AnsweringServer
from fixtures.deployed import Deployed
from fixtures.lambda_runtime import LambdaRuntime
from loadstone.platform.prices import read_prices

A = "id,v\n1,a\n2,b\n"
FUNCTION = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1"}


def metrics(runtime: LambdaRuntime) -> list[dict[str, Any]]:
    """Ends it; its lines for CloudWatch."""
    runtime.process.kill()
    found = [json.loads(line) for line in runtime.ended()[1].splitlines() if line.startswith("{")]
    return [line for line in found if "_aws" in line]


def test_each_load_tells_its_figures_its_lag_and_its_cost(deployed: Deployed) -> None:
    runtime = deployed.runtime(**FUNCTION)
    deployed.bucket.put("in/a.csv", A)
    deployed.bucket.put("in/empty.csv", "")
    batch = deployed.messages(*(deployed.created(f"in/{name}.csv") for name in ("a", "empty", "a")))
    assert runtime.invoke(batch).failures == ["1"]
    loaded, failed = metrics(runtime)
    assert (loaded["pipeline"], loaded["dataset"]) == ("default", "orders")
    counts = [loaded[name] for name in ("objects", "rows_loaded", "rows_rejected", "bytes")]
    assert counts == [1, 2, 0, len(A)]
    assert loaded["seconds"] > 0
    assert loaded["lag"] > 0
    prices = read_prices()
    here, machine = prices.region("us-east-1"), "x86_64" if platform.machine() == "x86_64" else "arm64"
    least = here.requests_of_object + here.function(loaded["seconds"], 512, machine)
    assert least < loaded["estimated_cost_usd"] < 0.01
    assert loaded["prices_of"] == prices.date
    assert (failed["failures"], failed["objects"]) == (1, 0)
    assert "lag" not in failed  # it was never committed
    assert failed["estimated_cost_usd"] > 0


def test_spans_are_sent_before_the_function_answers_and_may_be_frozen(deployed: Deployed) -> None:
    with AnsweringServer(Answer(200)) as collector:
        never = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
        runtime = deployed.runtime(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **never)
        for name in ("a", "b"):
            deployed.bucket.put(f"in/{name}.csv", A)
            assert runtime.invoke(deployed.messages(deployed.created(f"in/{name}.csv"))).failures == []
            sent = ExportTraceServiceRequest.FromString(collector.bodies[-1])
            (span,) = sent.resource_spans[0].scope_spans[0].spans
            told = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
            assert (span.name, told["loadstone.key"]) == ("load", f"in/{name}.csv")
            assert told["loadstone.rows_loaded"] == 2
    assert collector.requests == [("POST", "/v1/traces")] * 2


def test_a_collector_that_does_not_answer_fails_no_load(deployed: Deployed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        runtime = deployed.runtime(OTEL_EXPORTER_OTLP_ENDPOINT=url)
        deployed.bucket.put("in/a.csv", A)
        assert runtime.invoke(deployed.messages(deployed.created("in/a.csv"))).failures == []
    assert deployed.rows() == [(1, "a"), (2, "b")]
    assert "traces were not taken within" in runtime.log()
