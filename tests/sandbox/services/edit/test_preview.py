"""Edit as Hermes and a browser meet it: a real dev server on a real workspace."""

from __future__ import annotations

import html
import http.client
import json
import os
import re
import signal
from collections.abc import Iterator
from threading import Event
from urllib.parse import quote, urljoin

import pytest
import websocket

from tests.sandbox.services.edit.edit_stand import (
    ADDRESS,
    ORIGIN,
    TABLE,
    TASK_ARN,
    EditStand,
    listeners,
    until,
)

SECRET = "another customer's secret"


@pytest.fixture(scope="module")
def edit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditStand]:
    stand = EditStand(tmp_path_factory.mktemp("edit"))
    try:
        stand.start()
        assert stand.put("one", 'Add a new page called "Test Page"').status == 202
        assert stand.put("two", "Create a components/Header.astro file", user="two@example.com").status == 202
        for session in ("one", "two"):
            assert stand.settled(session)["state"] == "ready", stand.log()
        other = stand.workspaces / "test-client" / "two" / "project" / "src" / "secret.txt"
        other.write_text(SECRET)
        yield stand
    finally:
        stand.stop()


@pytest.fixture
def port(edit: EditStand) -> int:
    found = edit.settled("one")["port"]
    assert isinstance(found, int)
    return found


@pytest.fixture
def record(edit: EditStand) -> Iterator[str]:
    """Session one's record, active and last used long ago; yields that time."""
    key = {"sessionId": {"S": "one"}, "userId": {"S": "test@example.com"}}
    old = "2020-01-01T00:00:00.000Z"
    # Activity that earlier tests caused is written a little later; without a record it goes nowhere.
    Event().wait(1.0)
    edit.database.put_item(
        TableName=TABLE,
        Item={**key, "status": {"S": "active"}, "lastActivityAt": {"S": old}, "ttl": {"N": "1"}},
    )
    yield old
    edit.database.delete_item(TableName=TABLE, Key=key)


def last_activity(edit: EditStand) -> str:
    scanned = edit.database.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return str(scanned[0]["lastActivityAt"]["S"])


def hmr_socket(edit: EditStand, session: str) -> websocket.WebSocket:
    port = edit.settled(session)["port"]
    client = edit.call("GET", f"/session/{session}/@vite/client", port=port).body
    token = re.search(r'const wsToken = "([^"]+)"', client)
    assert token is not None
    address = f"ws://{ADDRESS}:{port}/session/{session}/?token={token[1]}"
    socket = websocket.create_connection(
        address, subprotocols=["vite-hmr"], origin=ORIGIN, host="localhost:8443", timeout=15
    )
    assert json.loads(socket.recv())["type"] == "connected"
    return socket


def quiet(socket: websocket.WebSocket, *, silent: bool = False) -> None:
    """Read until nothing comes for half a second; with `silent` nothing may come at all."""
    socket.settimeout(0.5)
    while True:
        try:
            message = socket.recv()
        except websocket.WebSocketTimeoutException:
            return
        assert not silent, message


def test_the_preview_answers_under_the_sessions_path(edit: EditStand, port: int) -> None:
    page = edit.call("GET", "/session/one/test-page", port=port)
    assert (page.status, page.type) == (200, "text/html")
    assert "<h1>Test Page</h1>" in page.body
    assert edit.call("GET", "/test-page", port=port).status == 404
    health = edit.call("GET", "/session/one/health", port=port)
    assert health.json() == {"service": "edit", "sessionId": "one", "taskArn": TASK_ARN}


def test_everything_the_page_names_lies_under_the_sessions_path_and_loads(edit: EditStand, port: int) -> None:
    page = edit.call("GET", "/session/one/", port=port)
    named = {urljoin("/session/one/", link) for link in re.findall(r'(?:src|href)="([^"]+)"', page.body)}
    assert {"/session/one/", "/session/one/about", "/session/one/test-page", "/session/one/mark.svg"} <= named
    assert "/session/one/@vite/client" in named
    for path in named:
        assert path.startswith("/session/one/"), path
        assert edit.call("GET", path, port=port).status == 200, path


@pytest.mark.parametrize("instruction", ['Change the heading to "Seen at once"', "Make the headings blue"])
def test_an_instruction_reaches_the_open_page_and_no_other_session(
    edit: EditStand, port: int, instruction: str
) -> None:
    edit.call("GET", "/session/one/", port=port)
    mine, other = hmr_socket(edit, "one"), hmr_socket(edit, "two")
    try:
        quiet(mine)
        answer = edit.instruct("one", f"hmr-{len(instruction)}", instruction)
        assert answer.status == 200, answer.body
        mine.settimeout(15)
        assert json.loads(mine.recv())["type"] in {"full-reload", "update"}
        quiet(other, silent=True)
        shown = edit.call("GET", "/session/one/", port=port).body
        assert "<h1>Seen at once</h1>" in shown or "Make the headings blue</p>" in shown
    finally:
        mine.close()
        other.close()


@pytest.mark.parametrize(
    "path",
    [
        "/session/one/../two/src/secret.txt",
        "/session/one/@fs{workspaces}/test-client/two/project/src/secret.txt",
        "/session/one/@fs{workspaces}/test-client/two/project/src/secret.txt?raw",
        "/session/one/@fs{workspaces}/test-client/two/project/src/secret.txt?import&raw",
        "/session/one/@fs{workspaces}/test-client/test/project/../../two/project/src/secret.txt?raw",
        "/session/one/@fs{workspaces}/test-client/test/project/%2e%2e/%2e%2e/two/project/src/secret.txt?raw",
        "/session/one/%2e%2e/%2e%2e/two/project/src/secret.txt",
        "/session/one/..%2f..%2ftwo%2fproject%2fsrc%2fsecret.txt",
        "/session/one/%2e%2e%5c%2e%2e%5ctwo%5cproject%5csrc%5csecret.txt",
        "/session/one/src/..%2f..%2f..%2ftwo%2fproject%2fsrc%2fsecret.txt?url",
        "/session/one/@id/{workspaces}/test-client/two/project/src/secret.txt?raw",
        "/@fs{workspaces}/test-client/two/project/src/secret.txt?raw",
    ],
)
def test_no_path_leads_to_another_workspace(edit: EditStand, port: int, path: str) -> None:
    answer = edit.call("GET", path.format(workspaces=quote(str(edit.workspaces))), port=port)
    assert SECRET not in answer.body


def test_what_is_ones_own_is_served_by_the_path_that_is_closed_to_others(edit: EditStand, port: int) -> None:
    own = edit.workspaces / "test-client" / "test" / "project" / "src" / "styles" / "site.css"
    assert "max-width" in edit.call("GET", f"/session/one/@fs{quote(str(own))}?raw", port=port).body


@pytest.mark.parametrize("path", ["/", "/@vite/client", "/about", "/no-such-page"])
def test_no_answer_names_the_tasks_own_address(edit: EditStand, port: int, path: str) -> None:
    answer = edit.call("GET", f"/session/one{path}", port=port, accept="text/html,*/*")
    assert answer.body
    assert f"{ADDRESS}:{port}" not in answer.body


@pytest.mark.parametrize("path", ["/__open-in-editor", "/__OPEN-in-editor", "//__open-in-editor"])
def test_no_visitor_opens_an_editor_in_the_task(edit: EditStand, port: int, path: str) -> None:
    assert edit.call("GET", f"/session/one{path}?file=package.json", port=port).status == 404


def test_an_idle_connection_outlives_the_load_balancers(port: int) -> None:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=15)
    connection.request("GET", "/session/one/health")
    with connection.getresponse() as answer:
        assert answer.getheader("keep-alive") == "timeout=75"
    connection.close()


def test_a_page_request_counts_as_activity(edit: EditStand, port: int, record: str) -> None:
    edit.call("GET", "/session/one/about", port=port, accept="text/html")
    until(lambda: last_activity(edit) > record, "the page request to be on record")
    item = edit.database.scan(TableName=TABLE, ConsistentRead=True)["Items"][0]
    assert int(item["ttl"]["N"]) > 86_400


def test_health_checks_scripts_and_sockets_count_as_no_activity(
    edit: EditStand, port: int, record: str
) -> None:
    socket = hmr_socket(edit, "one")
    try:
        for path in ("health", "@vite/client", "mark.svg", "no-such-page"):
            edit.call("GET", f"/session/one/{path}", port=port, accept="text/html")
        socket.send(json.dumps({"type": "ping"}))
        Event().wait(1.0)
        assert last_activity(edit) == record
    finally:
        socket.close()


def test_an_ended_session_takes_no_activity(edit: EditStand, port: int, record: str) -> None:
    edit.database.update_item(
        TableName=TABLE,
        Key={"sessionId": {"S": "one"}, "userId": {"S": "test@example.com"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "draining"}},
    )
    edit.call("GET", "/session/one/about", port=port)
    edit.call("GET", "/session/one/", port=port)
    Event().wait(1.0)
    assert last_activity(edit) == record


def test_a_dead_dev_server_comes_back_on_its_port_whatever_the_sites_configuration(
    edit: EditStand, port: int
) -> None:
    # Found first: the changed configuration makes a living server stop listening for a moment.
    (before,) = listeners(edit, port)
    project = edit.workspaces / "test-client" / "test" / "project"
    (project / "astro.config.mjs").write_text(
        'export default { base: "/elsewhere", trailingSlash: "never", server: { port: 1, host: "0.0.0.0" },\n'
        '  vite: { base: "/other", server: { allowedHosts: true, fs: { strict: false, allow: ["/"] } } } };\n'
    )
    os.kill(before, signal.SIGKILL)
    until(lambda: [pid for pid in listeners(edit, port) if pid != before], "another dev server on the port")
    assert edit.call("GET", "/session/one/health", port=port).status == 200
    assert edit.call("GET", "/session/one/", port=port, accept="text/html").status == 200
    secret = f"/session/one/@fs{quote(str(edit.workspaces))}/test-client/two/project/src/secret.txt?raw"
    assert SECRET not in edit.call("GET", secret, port=port).body


def test_what_cannot_be_done_fails_with_a_sentence_and_changes_nothing(edit: EditStand) -> None:
    head = edit.settled("two")["lastCommit"]
    answer = edit.instruct("two", "odd", 'Delete the page "Nowhere"')
    assert answer.status == 422
    assert answer.json()["failure"] == "There is no page “Nowhere” on the website."
    assert edit.settled("two")["lastCommit"] == head
    edit.put("three", 'Delete the page "Nowhere"', user="three@example.com")
    failed = edit.settled("three")
    assert (failed["state"], failed["port"]) == ("failed", None)
    assert "There is no page" in failed["failure"]
    assert edit.instruct("three", "more", "Make the headings blue").status == 409


def test_a_wish_stands_on_the_page_as_text_whatever_it_says(edit: EditStand, port: int) -> None:
    evil = "</p></Base>{process.exit(1)}<script>alert(1)</script>`${process.exit(1)}`&lt;\\ --- <!--"
    assert edit.instruct("one", "evil", evil).status == 200
    shown = edit.call("GET", "/session/one/", port=port).body
    found = re.search(r"</h1>\s*<p[^>]*>(.*?)</p>", shown, re.DOTALL)
    assert found is not None
    assert html.unescape(found[1]) == evil


def test_putting_a_session_again_changes_nothing(edit: EditStand) -> None:
    before = edit.settled("two")
    assert edit.put("two", "Create a components/Header.astro file", user="two@example.com").status == 202
    assert edit.settled("two") == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"clientId": "../up"},
        {"userId": "nobody"},
        {"threadId": "a/b"},
        {"threadId": "a..b"},
        {"instruction": " "},
    ],
)
def test_a_request_that_would_leave_its_place_is_refused(edit: EditStand, wrong: dict[str, str]) -> None:
    wanted = {
        "clientId": "c",
        "userId": "u@e",
        "threadId": "t",
        "instructionId": "i",
        "instruction": "x",
        **wrong,
    }
    assert edit.call("PUT", "/sessions/refused", wanted).status == 400
    assert edit.call("GET", "/sessions/refused").status == 404


def test_deleting_a_session_ends_its_dev_server_only(edit: EditStand, port: int) -> None:
    ended = edit.settled("two")["port"]
    assert edit.call("DELETE", "/sessions/two").status == 204
    with pytest.raises(ConnectionRefusedError):
        edit.call("GET", "/session/two/health", port=ended)
    assert edit.call("GET", "/session/one/health", port=port).status == 200
    assert edit.call("DELETE", "/sessions/two").status == 204
    assert "two" not in edit.call("GET", "/sessions").json()["sessions"]
