"""Whose a folder is: one for each address of a client, and none outside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.services.edit.workspace_ownership import claim


def test_two_addresses_never_share_a_folder(tmp_path: Path) -> None:
    client = tmp_path / "client"
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda n: claim(client, f"test@example.{n % 2}"), range(32)))
    assert len(set(folders[0::2])) == len(set(folders[1::2])) == 1
    names = {folders[0].name, folders[1].name}
    assert "test" in names
    other = next(name for name in names if name != "test")
    assert len(other) == len("test-") + 8


@pytest.mark.parametrize("user", ["../x@e.com", ".@e.com", "a/b@e.com", "..@e.com"])
def test_no_address_leads_out_of_its_client(tmp_path: Path, user: str) -> None:
    client = tmp_path / "client"
    assert claim(client, user).parent == client
    assert claim(client, user).resolve().parent == client.resolve()
