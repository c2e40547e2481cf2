"""A small stand-in of OpenAI's server: chat completions, as a whole, as a stream, with tools, or refused."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
TOOL_CALL = {
    "id": "call-1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
}


def message_for(request):
    """Asks for the tool that it was offered, until it has been told what that said."""
    said = [message["role"] for message in request["messages"]]
    if "tools" in request and "tool" not in said:
        return {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}
    return {"role": "assistant", "content": f"about {request['messages'][-1]['content']}"}


def common(request, kind):
    return {"id": "chat-1", "object": kind, "created": 1, "model": request["model"]}


def chunks_for(request):
    words = message_for(request)["content"].split(" ")
    deltas = [{"role": "assistant", "content": ""}] + [{"content": f"{word} "} for word in words]
    for i, delta in enumerate([*deltas, {}]):
        last = "stop" if i == len(deltas) else None
        choice = {"index": 0, "delta": delta, "finish_reason": last}
        yield {**common(request, "chat.completion.chunk"), "choices": [choice]}
    if request.get("stream_options", {}).get("include_usage"):
        yield {**common(request, "chat.completion.chunk"), "choices": [], "usage": USAGE}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request["model"] == "none":
            error = {"message": "no such model", "type": "invalid_request_error", "code": "no"}
            self.answer(404, "application/json", json.dumps({"error": error}))
        elif request.get("stream"):
            events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks_for(request)]
            self.answer(200, "text/event-stream", "".join([*events, "data: [DONE]\n\n"]))
        else:
            message = message_for(request)
            ended = "tool_calls" if "tool_calls" in message else "stop"
            choice = {"index": 0, "message": message, "finish_reason": ended}
            body = {**common(request, "chat.completion"), "choices": [choice], "usage": USAGE}
            self.answer(200, "application/json", json.dumps(body))

    def answer(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def openai_server():
    """Yields the address for a client's `base_url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
