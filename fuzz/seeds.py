#!/usr/bin/env python3
"""Adds inputs to `fuzz/corpus`, which is not committed: the seeds, and the bodies of recorded answers.

The recordings are a folder of JSON files, `../shared/recordings` beside the repository unless one is named. Without
them, the seeds alone are copied.
"""

import hashlib
import json
import pathlib
import shutil
import sys

FUZZ = pathlib.Path(__file__).resolve().parent


def add(target, text):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def interactions(value):
    """Every object with a response, at any depth: the files differ in what is around those."""
    if isinstance(value, dict):
        if isinstance(value.get("response"), dict):
            yield value
        children = value.values()
    else:
        children = value if isinstance(value, list) else []
    for child in children:
        yield from interactions(child)


def look_into(body):
    """Adds every resource, id, name of a host and policy of a body."""
    if isinstance(body, list):
        for element in body:
            look_into(element)
    if not isinstance(body, dict):
        return
    if isinstance(body.get("id"), str) and "properties" in body:
        add("resource", json.dumps(body))
        add("resource_id", body["id"])
    properties = body.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    for name in ("value", "policyContent"):
        text = properties.get(name)
        if isinstance(text, str) and "<" in text:
            add("policy", text)
    for name in ("defaultHostname", "hostname"):
        if isinstance(properties.get(name), str):
            add("hostname", properties[name])
            add("host", properties[name])
    for child in body.values():
        look_into(child)


def record(interaction):
    response = interaction["response"]
    body = response.get("body")
    text = body if isinstance(body, str) else json.dumps(body)
    if isinstance(body, str):
        try:
            body = json.loads(body.lstrip("\ufeff"))
        except ValueError:
            pass
    status = response.get("status") or response.get("status_code") or 200
    if isinstance(status, int) and status >= 400:
        add("failure", text)
    else:
        add("page", text)
        add("import", text)
    look_into(body)
    headers = response.get("headers")
    for name, value in (headers if isinstance(headers, dict) else {}).items():
        if name.lower() == "retry-after":
            add("retry_after", str(value))
        if name.lower() in ("location", "azure-asyncoperation"):
            add("address", str(value))


def main():
    for seed in (FUZZ / "seeds").glob("*/*"):
        add(seed.parent.name, seed.read_bytes())
    named = sys.argv[1] if len(sys.argv) > 1 else FUZZ.parent.parent / "shared" / "recordings"
    recordings = sorted(pathlib.Path(named).glob("*.json"))
    for file in recordings:
        for interaction in interactions(json.loads(file.read_text())):
            record(interaction)
    count = sum(1 for _ in (FUZZ / "corpus").glob("*/*"))
    print(f"{count} inputs in {FUZZ / 'corpus'}, of {len(recordings)} recordings and the seeds")


main()
