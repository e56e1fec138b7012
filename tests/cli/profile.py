#!/usr/bin/env python3
"""What `sardonyx profile` and `explain` write: a page that is well-formed, needs nothing else and has each node once, also where names
are such as would end it; the JSON of both and the time line. With providers, nodes say
where they are. profile.py SARDONYX MODEL [PROVIDER]"""
import json
import os
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Elements close in the order in which they were opened; collects scripts and what refers to other files."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.scripts, self.outside = [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.outside += [given[name] for name in ("src", "href") if name in given]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append([given.get("type"), ""])

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> ends nothing, line {self.getpos()[0]}"

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1][1] += data


def field(number, content):
    """A length-delimited field of a protobuf message."""
    def varint(n):
        return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    content = content if isinstance(content, bytes) else content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def model(name):
    """y = Exp(Neg(x)), x being float32 [4096]; both nodes have this name."""
    port = field(2, field(1, b"\x08\x01" + field(2, field(1, b"\x08\x80\x20"))))
    nodes = b"".join(field(1, field(1, a) + field(2, b) + field(3, name) + field(4, op))
                     for a, b, op in (("x", "h", "Neg"), ("h", "y", "Exp")))
    graph = nodes + field(2, "g") + field(11, field(1, "x") + port) + field(12, field(1, "y") + port)
    return b"\x08\x08" + field(7, graph) + field(8, b"\x10\x0d")


def run(sardonyx, *arguments):
    return subprocess.run([sardonyx, *arguments], check=True, capture_output=True, text=True).stdout


def numbers(entry, *names):
    for name in names:
        assert isinstance(entry[name], (int, float)) and entry[name] >= 0, f"{name} is {entry[name]!r}"


def check_page(text):
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == [], f"not closed: {page.open}"
    assert page.outside == [], f"refers to {page.outside}"
    assert "http:" not in text and "https:" not in text and "@import" not in text and "url(" not in text
    kinds = [kind for kind, _ in page.scripts]
    assert kinds == ["application/json", None], kinds
    return json.loads(page.scripts[0][1])


def check_data(data, names):
    numbers(data, "run", "bind", "between", "runs", "threads")
    if "peak" in data:
        numbers(data["peak"], "flops", "bytes")
    ids = [node["id"] for node in data["nodes"]]
    assert len(ids) == len(set(ids)), "a node is there twice"
    if names is not None:
        assert [node["name"] for node in data["nodes"]] == names, [node["name"] for node in data["nodes"]]
    made = set()
    for node in data["nodes"]:
        assert node["when"] in ("run", "binding", "never") and node["place"]
        if "calls" in node:
            numbers(node, "self", "total", "fastest", "slowest", "flops", "bytes", "lanes", "busy")
            assert 1 <= node["lanes"] <= data["threads"] and node["busy"] <= 1
            assert "peak" not in data or (node["roof"] >= 0 and node["bound"] in ("compute", "memory"))
        made.update((node["graph"], value) for value in node["makes"])
    counted = {node["id"] for node in data["nodes"] if "calls" in node}
    assert data["spans"] and {span[0] for span in data["spans"]} <= counted
    assert all(span[1] < data["threads"] and span[3] >= 0 and span[4] >= 0 for span in data["spans"])


def check_json(report):
    numbers(report, "runs", "run_ms", "bind_ms", "between_ms", "threads")
    numbers(report["machine"], "threads", "gflops", "gbytes")
    for entry in report["operators"] + report["nodes"]:
        numbers(entry, "percent", "self_ms", "total_ms", "calls", "gflops", "gbytes", "roof", "lanes", "busy", "loops_ms", "lanes_ms")
    for node in report["nodes"]:
        numbers(node, "id", "depth", "fastest_ms", "slowest_ms")
    assert sum(entry["nodes"] for entry in report["operators"]) == len(report["nodes"])


def check_trace(trace, threads):
    events = trace["traceEvents"]
    assert [e["args"]["name"] for e in events if e["ph"] == "M"][0] == "caller"
    calls = [e for e in events if e["ph"] == "X"]
    assert calls
    for event in calls:
        numbers(event, "ts", "dur")
        numbers(event["args"], "busy_us", "node")
        assert 1 <= event["tid"] <= threads and event["args"]["operator"] == event["cat"]


def check_explanation(told):
    assert told["isa"] and told["nodes"]
    for change in told["changes"]:
        assert change["rule"] and change["operator"] and {"node", "into", "into_operator"} <= change.keys()
    for node in told["nodes"]:
        numbers(node, "id", "depth")
        assert node["computed"] in ("run", "binding", "never") and node["place"] and {"name", "domain", "origin"} <= node.keys()


def check_provider(sardonyx, path, provider, page):
    """Every other node in groups: they, the copies and the waits are nodes with numbers of their own."""
    run(sardonyx, "profile", path, "--runs", "2", "--no-machine", "--provider", provider + ":alternate", "--html", page)
    data = check_page(open(page, encoding="utf-8").read())
    check_data(data, None)
    assert {"cpu", "null"} <= {node["place"] for node in data["nodes"]}
    owners = {node["owner"] for node in data["nodes"] if "owner" in node}
    groups = {node["id"] for node in data["nodes"] if node["op"] == "sardonyx::Group"}
    assert groups and groups <= owners


def main(sardonyx, path, provider=None):
    with tempfile.TemporaryDirectory() as work:
        page, trace = os.path.join(work, "page.html"), os.path.join(work, "trace.json")
        report = json.loads(run(sardonyx, "profile", path, "--runs", "3", "--threads", "2", "--html", page, "--trace", trace, "--json"))
        check_json(report)
        check_data(check_page(open(page, encoding="utf-8").read()), None)
        check_trace(json.load(open(trace, encoding="utf-8")), 2)
        assert any("how" in node for node in report["nodes"])

        hostile = os.path.join(work, "hostile.onnx")
        name = "</script><!-- <script> \"@DATA@\" \\ \u2028 é"
        with open(hostile, "wb") as file:
            file.write(model(name))
        run(sardonyx, "profile", hostile, "--runs", "1", "--html", page)
        check_data(check_page(open(page, encoding="utf-8").read()), [name, name])

        told = json.loads(run(sardonyx, "explain", path, "--json"))
        check_explanation(told)
        assert {node["id"] for node in report["nodes"]} <= {node["id"] for node in told["nodes"]}

        if provider is not None:
            check_provider(sardonyx, path, provider, page)

        quiet = json.loads(run(sardonyx, "profile", path, "--runs", "1", "--no-machine", "--json"))
        assert quiet["machine"] is None and "roof" not in quiet["nodes"][0]


if __name__ == "__main__":
    main(*sys.argv[1:])
