"""OpenTelemetry's own exporter for Python, which sends protobuf: plain, gzip and deflate."""

import uuid

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode


@pytest.mark.parametrize("compression", list(Compression))
def test_spans_are_kept_as_they_were_sent(server, compression):
    made = requests.post(
        f"{server}/api/2.0/mlflow/experiments/create", json={"name": f"otel-{uuid.uuid4().hex}"}
    )
    exporter = OTLPSpanExporter(
        endpoint=f"{server}/v1/traces",
        headers={"x-mlflow-experiment-id": made.json()["experiment_id"]},
        compression=compression,
    )
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root") as root:
        root.set_attributes(
            {"gen_ai.operation.name": "chat", "n": 2**60, "ratio": 1.0, "tags": ["a", "b"]}
        )
        with tracer.start_as_current_span("child") as child:
            child.add_event("retried", {"attempt": 2})
            child.set_status(Status(StatusCode.ERROR, "no"))
    provider.shutdown()
    trace_id = f"tr-{root.get_span_context().trace_id:032x}"
    answer = requests.get(f"{server}/api/3.0/mlflow/traces/get", params={"trace_id": trace_id})
    trace = answer.json()["trace"]
    assert [span["name"] for span in trace["spans"]] == ["root", "child"]
    sent, failed = trace["spans"]
    values = {pair["key"]: pair["value"] for pair in sent["attributes"]}
    assert values["n"] == {"int_value": 2**60}
    assert values["ratio"] == {"double_value": 1.0}
    assert [one["string_value"] for one in values["tags"]["array_value"]["values"]] == ["a", "b"]
    assert failed["status"] == {"code": "STATUS_CODE_ERROR", "message": "no"}
    assert failed["events"][0]["name"] == "retried"
    assert failed["parent_span_id"] == sent["span_id"]
    assert trace["trace_info"]["tags"]["service.name"] == "shop"
    assert trace["trace_info"]["state"] == "OK"
