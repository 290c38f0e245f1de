"""One user's session with agent-sandbox's client as it is published. Prints what happened as JSON.

Arguments: the router's URL, and the API key to send as a bearer token, if any (the client can since 1.0).
"""

import json
import sys

from k8s_agent_sandbox import SandboxClient
from k8s_agent_sandbox.exceptions import SandboxRequestError
from k8s_agent_sandbox.models import SandboxDirectConnectionConfig

url, *bearer = sys.argv[1:]
extra = {"extra_headers": {"Authorization": "Bearer " + bearer[0]}} if bearer else {}
client = SandboxClient(connection_config=SandboxDirectConnectionConfig(api_url=url, **extra))
seen = {}

box = client.create_sandbox("pool", namespace="default")
try:
    try:
        result = box.commands.run("echo out; echo err >&2; exit 3")
    except SandboxRequestError as error:
        print(json.dumps({"refused": error.status_code, "detail": error.response.json()["detail"]}))
        sys.exit(0)
    seen["command"] = [result.stdout, result.stderr, result.exit_code]
    seen["status"] = list(box.status())

    content = bytes(range(256)) * 20_000
    box.files.write("data.bin", content)
    seen["bytes kept"] = box.files.read("data.bin") == content
    box.commands.run("echo by command > 'a b%2F#.txt'")
    seen["odd name"] = box.files.read("a b%2F#.txt").decode()
    seen["listed"] = sorted([entry.name, entry.type] for entry in box.files.list("."))
    seen["exists"] = [box.files.exists("a b%2F#.txt"), box.files.exists("none")]

    try:
        box.commands.run("echo x >> runs; sleep 30", timeout=2)
    except SandboxRequestError as error:
        seen["too slow"] = error.status_code
    seen["runs"] = box.commands.run("cat runs").stdout
finally:
    box.terminate()
print(json.dumps(seen))
