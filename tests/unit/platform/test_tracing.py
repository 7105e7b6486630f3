"""Traces: nothing without OpenTelemetry, a span per load with it."""

from __future__ import annotations

import json
import subprocess
import sys

SPANS = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from datetime import UTC, datetime
from loadstone.executor.telling import watched
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Counts, LoadOutcome, LoadRequest
version = ObjectVersion("s3://b/day1.csv", "b", "day1.csv", None, None, datetime.now(UTC), 5)
request = LoadRequest("shop", "orders", "orders", version)
for state, error in (("loaded", None), ("failed", "Jane Doe is refused")):
    with watched(request) as load:
        counts = Counts(read=5, inserted=5)
        code = "23514" if error else None
        load.outcome = LoadOutcome(state, "u", "orders", "t", 17, counts, error=error, error_code=code)
def told(span):
    return [span.name, span.status.status_code.name, span.status.description, dict(span.attributes)]
print(json.dumps([told(span) for span in exporter.get_finished_spans()]))
"""

NO_EXTRA = """
import sys
sys.modules["opentelemetry"] = None
from loadstone.platform.tracing import configure_traces
assert configure_traces({}) is False
assert configure_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}) is False
assert configure_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}) is False
"""


FLUSHED = """
import logging, threading
logging.basicConfig(format="%(message)s")
from loadstone.platform.tracing import flush_traces
assert flush_traces(0.0) is True
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
class Broken(SpanProcessor):
    def force_flush(self, timeout_millis=30000):
        raise OSError("no way")
provider = TracerProvider()
provider.add_span_processor(Broken())
trace.set_tracer_provider(provider)
assert flush_traces(60.0) is True
hangs = threading.Event()
class Hanging(SpanProcessor):
    def force_flush(self, timeout_millis=30000):
        hangs.wait()
provider._active_span_processor._span_processors = (Hanging(),)
assert flush_traces(0.0) is False
hangs.set()
"""


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_each_load_is_a_span_with_its_figures_and_without_cells() -> None:
    loaded, failed = json.loads(python(SPANS))
    name, status, _, attributes = loaded
    assert (name, status) == ("load", "UNSET")
    assert attributes["loadstone.key"] == "day1.csv"
    assert attributes["loadstone.load_id"] == 17
    assert attributes["loadstone.rows_loaded"] == 5
    assert failed[1:3] == ["ERROR", "23514"]
    assert "Jane" not in json.dumps(failed)


def test_without_opentelemetry_a_load_imports_nothing_of_it() -> None:
    program = (
        "import sys\n"
        "from loadstone.platform.tracing import configure_traces, span\n"
        "configure_traces({})\n"
        "with span('load', {'a': 1}) as inner:\n"
        "    inner.set({'b': 2}, error='x')\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    assert python(program).strip() == "[]"


def test_who_asks_for_traces_without_the_extra_is_told_the_command_and_goes_on() -> None:
    assert python(NO_EXTRA).strip() == (
        "sending traces needs a package that is not installed: pip install 'loadstone[otel]'"
    )


def test_what_cannot_be_sent_is_told_of_and_not_waited_for() -> None:
    assert python(FLUSHED).splitlines() == [
        "traces could not be sent: no way",
        "traces were not taken within 0.0 s",
    ]
