"""What npm's lock files pin is installed once, into the cache folder and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acceptance.npm_packages import PackagesError, installed

LINK = {"resolved": "elsewhere", "link": True}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose one dependency is a link: npm installs it without a network."""
    folder = tmp_path / "package"
    folder.mkdir()
    about = {"name": "little", "version": "1.0.0", "dependencies": {"elsewhere": "file:elsewhere"}}
    locked = {"": about, "elsewhere": {"version": "1.0.0"}, "node_modules/elsewhere": LINK}
    (folder / "package.json").write_text(json.dumps(about))
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": locked}))
    (folder / ".npmrc").write_text("")
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing was ever installed: the folder of its HOME, cache and TMPDIR, all empty."""
    folder = tmp_path / "machine"
    for name, variable in (("home", "HOME"), ("cache", "XDG_CACHE_HOME"), ("tmp", "TMPDIR")):
        (folder / name).mkdir(parents=True)
        monkeypatch.setenv(variable, str(folder / name))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_first_install_leaves_nothing_but_in_the_cache_folder(package: Path, machine: Path) -> None:
    said: list[str] = []
    modules = installed(package, said.append)
    assert (modules / "elsewhere").is_symlink()
    assert modules.is_relative_to(machine / "cache" / "live-preview-acceptance")
    assert names(modules.parent.parent) == [modules.parent.name, f"{modules.parent.name}.lock"]
    assert (names(machine / "home"), names(machine / "tmp")) == ([], [])
    assert [line.split(" into ")[0] for line in said] == [
        "installing the packages of little",
        "installed the packages of little",
    ]


@pytest.mark.usefixtures("machine")
def test_a_second_install_does_and_says_nothing(package: Path) -> None:
    first = installed(package, lambda _: None)
    said: list[str] = []
    assert installed(package, said.append) == first
    assert said == []


@pytest.mark.usefixtures("machine")
def test_another_lock_file_is_another_install(package: Path) -> None:
    first = installed(package, lambda _: None)
    (package / ".npmrc").write_text("fund=false\n")
    assert installed(package, lambda _: None) != first


def test_what_npm_refuses_is_told_in_its_words_and_installs_nothing(package: Path, machine: Path) -> None:
    (package / "package-lock.json").write_text("{}")
    with pytest.raises(
        PackagesError, match=r"npm .* ended with 1 \(code EUSAGE; .* in sync.*\); look at the network"
    ):
        installed(package, lambda _: None)
    assert names(machine / "tmp") == []
    assert not [name for name in names(machine / "cache" / "live-preview-acceptance") if name[-5:] != ".lock"]


def test_a_cache_folder_that_cannot_be_made_is_told_with_the_way_out(package: Path, machine: Path) -> None:
    (machine / "cache").rmdir()
    (machine / "cache").write_text("a file")
    with pytest.raises(PackagesError, match="can be written and the disk has room"):
        installed(package, lambda _: None)
