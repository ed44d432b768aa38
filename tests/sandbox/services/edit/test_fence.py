"""What a site's own code can reach from inside its preview, and what a command in its repository can."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.services.edit import fence
from sandbox.services.edit.commits import Note
from sandbox.services.edit.draft import Change
from sandbox.services.edit.fence import SYSTEM, Fence
from sandbox.services.edit.workspace import Places, open_workspace
from sandbox.services.edit.workspace_ownership import OpenError
from tests.sandbox.services.edit.edit_stand import ADDRESS, EditStand, until

pytestmark = pytest.mark.skipif(fence.in_force().startswith("none"), reason="this system has no Landlock")

SPY = """
import child_process from "node:child_process";
import dgram from "node:dgram";
import fs from "node:fs";
import net from "node:net";
const tries = {
  own: () => fs.readFileSync(OWN, "utf8"),
  write_own: () => fs.writeFileSync(OWN + ".mine", "x"),
  temporary: () => fs.writeFileSync(process.env.TMPDIR + "/mine", "x"),
  listen: () => port(PORT, "listen"),
  list_customers: () => fs.readdirSync(ROOT),
  read_neighbour: () => fs.readFileSync(NEIGHBOUR, "utf8"),
  write_neighbour: () => fs.writeFileSync(NEIGHBOUR + ".spy", "x"),
  remove_neighbour: () => fs.unlinkSync(NEIGHBOUR),
  read_neighbours_scratch: () => fs.readdirSync(process.env.TMPDIR + "/../two"),
  read_platform: () => fs.readFileSync(PLATFORM),
  read_system: () => fs.readFileSync("/etc/passwd"),
  read_processes: () => fs.readdirSync("/proc"),
  read_environment: () => fs.readFileSync("/proc/" + process.ppid + "/environ"),
  write_memory: () => fs.writeFileSync(process.env.NODE_COMPILE_CACHE + "/spy", "x"),
  write_packages: () => fs.writeFileSync(PACKAGES + "/spy.js", "x"),
  by_link: () => { fs.symlinkSync(NEIGHBOUR, OWN + ".link"); return fs.readFileSync(OWN + ".link"); },
  by_hard_link: () => fs.linkSync(NEIGHBOUR, OWN + ".hard"),
  signal: () => process.kill(process.ppid, 0),
  shell: () => child_process.execFileSync("/bin/sh", ["-c", "echo"]),
  child: () => child_process.execFileSync(
    process.execPath, ["-p", `fs.readFileSync(${JSON.stringify(NEIGHBOUR)})`], { stdio: "pipe" },
  ),
  connect_aws: () => port(AWS, "connect"),
  connect_neighbour: () => port(NEIGHBOURS_PORT, "connect"),
  connect_edit: () => port(EDIT, "connect"),
  connect_unix: () => port(UNIX, "connect"),
  datagram: () => new Promise((resolve, reject) => dgram.createSocket("udp4").bind(0, resolve).once("error", reject)),
  listen_elsewhere: () => port(0, "listen"),
};
const port = (port, verb) => new Promise((resolve, reject) => {
  const to = typeof port === "string" ? { path: port } : { port, host: HOST };
  const socket = verb === "listen" ? net.createServer().listen(port, "127.0.0.9") : net.connect(to);
  socket.once("listening", () => socket.close(resolve)).once("connect", resolve).once("error", reject);
});
export const GET = async () => {
  const seen = {};
  for (const [name, attempt] of Object.entries(tries)) {
    try { await attempt(); seen[name] = "done"; } catch (error) { seen[name] = error.code ?? String(error); }
  }
  return Response.json(seen);
};
"""
ALLOWED = {"own", "write_own", "temporary", "listen"}


@pytest.fixture(scope="module", params=[True, False], ids=["forked", "started"])
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What the spying page says of each of its tries."""
    stand = EditStand(tmp_path_factory.mktemp("edit"), forked=request.param)
    listening = socket.socket(socket.AF_UNIX)
    try:
        stand.start()
        for session in ("one", "two"):
            stand.put(session, "Look around", user=f"{session}@example.com")
        ports = {session: stand.settled(session)["port"] for session in ("one", "two")}
        mine, neighbour = (stand.workspaces / "test-client" / name / "project" for name in ("one", "two"))
        names = {
            "OWN": str(mine / "package.json"),
            "NEIGHBOUR": str(neighbour / "package.json"),
            "ROOT": str(stand.workspaces),
            "PLATFORM": str(stand.folder / "edit.log"),
            "PACKAGES": str((stand.workspaces / "node_modules").resolve()),
            "PORT": ports["one"],
            "NEIGHBOURS_PORT": ports["two"],
            "AWS": int(stand.database.meta.endpoint_url.rsplit(":", 1)[1]),
            "EDIT": stand.port,
            "HOST": ADDRESS,
            "UNIX": str(stand.folder / "socket"),
        }
        listening.bind(str(stand.folder / "socket"))
        listening.listen()
        before = (neighbour / "package.json").read_bytes()
        constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items())
        (mine / "src" / "pages" / "spy.js").write_text(constants + SPY)

        def look() -> dict[str, str] | None:
            answer = stand.call("GET", "/session/one/spy", port=ports["one"])
            return answer.json() if answer.status == 200 else None

        yield until(look, "the spying page to answer")
        assert (neighbour / "package.json").read_bytes() == before
    finally:
        listening.close()
        stand.stop()


def test_a_page_reaches_what_is_its_own(seen: dict[str, str]) -> None:
    assert {name for name, outcome in seen.items() if outcome == "done"} == ALLOWED


def test_a_page_is_refused_whatever_is_not(seen: dict[str, str]) -> None:
    refused = {name: outcome for name, outcome in seen.items() if name not in ALLOWED}
    assert len(refused) == 22
    assert "Command failed" in refused.pop("child")
    assert set(refused.values()) <= {"EACCES", "EPERM", "EXDEV"}, refused


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """One's own and another's, with a file in each."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path / "own", tmp_path / "other"


def around(*own: Path, **more: Any) -> Fence:
    return Fence(read=tuple(map(Path, SYSTEM)), write=own, **more)


def outcome(work: Callable[[], object]) -> object:
    """What it returns, or the name of its error."""
    try:
        return work()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def test_the_fence_is_around_the_work_alone(folders: tuple[Path, Path]) -> None:
    own, other = folders
    fence = around(own)
    assert fence.run(lambda: outcome((other / "file").read_text)) == "EACCES"
    assert fence.run((own / "file").read_text) == "own"
    assert (other / "file").read_text() == "other"
    with pytest.raises(ZeroDivisionError):
        fence.run(lambda: 1 / 0)


def test_what_is_started_inside_stays_inside(folders: tuple[Path, Path]) -> None:
    own, other = folders
    script = f"cat '{own}/file'; cat '{other}/file'; echo x > '{other}/new'; mv '{other}/file' '{own}/taken'"
    script += f"; kill -0 {os.getpid()}"
    ended = around(own).run(
        lambda: subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    )
    assert ended.stdout == "own"
    assert ended.stderr.count("denied") >= 2
    assert "not permitted" in ended.stderr
    assert [file.name for file in (*own.iterdir(), *other.iterdir())] == ["file", "file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_no_privilege_is_needed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "locked").mkdir(mode=0o700)
    pid = os.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.setresuid(65534, 65534, 65534)
        fence = Fence(read=(*map(Path, SYSTEM), tmp_path / "locked" / "deep"), write=(Path(),))
        refused = fence.run(lambda: outcome(Path("/etc/passwd").read_text)) == "EACCES"
        os._exit(0 if refused and fence.run(lambda: outcome(partial(Path("a").write_text, "a"))) == 1 else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_only_tcp_and_only_to_what_is_allowed(folders: tuple[Path, Path]) -> None:
    with socket.create_server((ADDRESS, 0)) as server:
        address = server.getsockname()
        connect = partial(outcome, lambda: socket.create_connection(address, 5).close())
        assert around(folders[0]).run(connect) == "EACCES"
        assert around(folders[0], connect=True).run(connect) is None
    for family, kind, protocol in (
        (socket.AF_UNIX, socket.SOCK_STREAM, 0),
        (socket.AF_INET, socket.SOCK_DGRAM, 0),
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP),
        (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_TCP),
    ):
        opening = partial(socket.socket, family, kind, protocol)
        assert around(folders[0]).run(partial(outcome, opening)) == "EACCES"


@pytest.mark.parametrize(
    "trap",
    [
        'git config filter.f.clean "{command}; cat"; echo "* filter=f" > .gitattributes',
        'git config remote.origin.receivepack "{command}; git-receive-pack"',
        'git config remote.origin.url "{other}"',
        'ln -s "{other}" src/linked; git add -A; git -c user.name=a -c user.email=a@example.com commit -qm link',
    ],
)
def test_a_command_in_a_repository_stays_inside(trap: str, tmp_path: Path) -> None:
    starter = tmp_path / "starter"
    (starter / "src").mkdir(parents=True)
    (starter / "src" / "file").write_text("file\n")
    (tmp_path / "root").mkdir()
    places = Places(tmp_path / "root", str(tmp_path / "remotes"), starter)
    theirs = open_workspace(places, "client", "other@example.com", "t")
    theirs.push()
    mine = open_workspace(places, "client", "mine@example.com", "t")
    remote = places.remote("client", "other")
    before = manifest(theirs.folder), manifest(Path(remote))
    words = trap.format(command=f"touch '{theirs.folder}/trodden' '{tmp_path}/trodden'", other=remote)
    subprocess.run(["sh", "-ec", words], cwd=mine.root, check=True)
    change = Change("src/linked/HEAD" if "linked" in trap else "src/new", None, "new\n")

    def carry_out() -> str:
        with mine.alone():
            note = Note(mine.branch, "t", "s", "i", "mine@example.com", "Do it", (change,))
            mine.write(note)
            return mine.commit(note)

    with suppress(OpenError):
        mine.fence.run(carry_out)
    mine.push()
    with suppress(OpenError):
        open_workspace(places, "client", "mine@example.com", "another")
    assert (manifest(theirs.folder), manifest(Path(remote))) == before
    assert not (tmp_path / "trodden").exists()


def manifest(folder: Path) -> dict[str, bytes]:
    """Every file below the folder with its content."""
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
