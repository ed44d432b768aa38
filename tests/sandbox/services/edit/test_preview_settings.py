"""What a preview server is told, and where its files lie."""

from __future__ import annotations

from pathlib import Path

from sandbox.services.edit.preview import on_network_file_system, preview_settings
from tests.sandbox.services.edit.edit_stand import ADDRESS, TASK_ARN


def test_settings_keep_the_preview_on_its_path(tmp_path: Path) -> None:
    settings = preview_settings(
        session_id="abc",
        task_arn=TASK_ARN,
        root=tmp_path,
        node_modules=tmp_path / "modules",
        scratch=tmp_path,
        host=ADDRESS,
        port=4321,
        preview_origin="https://shop.example:8443",
    )
    assert (settings["base"], settings["viteBase"]) == ("/", "/session/abc")
    assert settings["allowedHosts"] == ["shop.example"]
    assert settings["publicHost"] == "shop.example:8443"
    assert settings["allow"] == [str(tmp_path), str(tmp_path / "modules")]


def test_files_on_nfs_are_polled(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    escaped = str(tmp_path / "a workspace").replace(" ", r"\040")
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\n127.0.0.1:/ {escaped} nfs4 rw 0 0\n")
    assert on_network_file_system(tmp_path / "a workspace" / "c", mounts)
    assert not on_network_file_system(tmp_path / "elsewhere", mounts)
