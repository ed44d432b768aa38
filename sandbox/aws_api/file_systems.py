"""EFS: file systems as big as what lies in them, and mount targets whose network interfaces are in use.

Source of the sizes: EFS guide, "How Amazon EFS reports file system and object sizes".
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from moto.efs.models import AccessPoint, EFSBackend, FileSystem, MountTarget

from sandbox.aws_api.hooks import Hooks
from sandbox.aws_api.network_interfaces import attach

METADATA_BYTES = 2048
BLOCK_BYTES = 4096
OF_OTHER_CALLS = ("FileSystemPolicy", "LifecyclePolicies", "SecurityGroups")


def install(root: Path) -> Callable[[], None]:
    """Have every file system be as big as `root`'s content, the only one there is; returns the undoing function."""
    hooks = Hooks()
    for owner in (MountTarget, AccessPoint, FileSystem):
        hooks.replace(owner, "info_json", told(owner.info_json))
    document: Callable[[FileSystem], dict[str, Any]] = FileSystem.info_json
    create: Callable[..., MountTarget] = EFSBackend.create_mount_target

    def info_json(self: FileSystem) -> dict[str, Any]:
        size = metered_bytes(root)
        return document(self) | {
            "SizeInBytes": {
                "Value": size,
                "Timestamp": int(time.time()),
                "ValueInStandard": size,
                "ValueInIA": 0,
                "ValueInArchive": 0,
            }
        }

    def create_mount_target(self: EFSBackend, *given: Any, **named: Any) -> MountTarget:
        made = create(self, *given, **named)
        interface = self.ec2_backend.enis[made.network_interface_id]
        attach(interface, f"EFS mount target for {made.file_system_id} ({made.mount_target_id})")
        return made

    hooks.replace(FileSystem, "info_json", info_json)
    hooks.replace(EFSBackend, "create_mount_target", create_mount_target)
    return hooks.remove


def told(document: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """A thing's document as the API tells it: without what is not there, and what has calls of its own."""

    def info_json(self: Any) -> dict[str, Any]:
        return {
            name: value
            for name, value in document(self).items()
            if value is not None and name not in OF_OTHER_CALLS
        }

    return info_json


def metered_bytes(root: Path) -> int:
    """What EFS meters of a tree: each object's metadata, and its content in whole blocks; a folder has at least one.

    What vanishes meanwhile is not counted.
    """
    return METADATA_BYTES + BLOCK_BYTES + sum(_object_bytes(entry) for entry in _walk(root))


def _object_bytes(entry: os.DirEntry[str]) -> int:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
    blocks = -(-size // BLOCK_BYTES)
    return METADATA_BYTES + BLOCK_BYTES * (max(1, blocks) if entry.is_dir(follow_symlinks=False) else blocks)


def _walk(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
