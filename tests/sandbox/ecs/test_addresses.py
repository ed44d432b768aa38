"""Addresses of tasks: each its own, and a port that is free on all of them."""

from __future__ import annotations

import socket

import pytest

from sandbox.ecs import addresses as addresses_module
from sandbox.ecs.addresses import Addresses


def test_addresses_are_distinct_and_not_reused_soon() -> None:
    pool = Addresses()
    try:
        taken = [pool.take() for _ in range(3)]
        pool.release(taken[0])
        assert len(set(taken)) == 3
        assert all(address.startswith(f"{pool.block}.") for address in taken)
        assert pool.take() not in taken
    finally:
        pool.close()


def test_two_sandboxes_never_share_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Addresses()
    numbers = iter([*map(int, one.block.split(".")[1:]), 11, 12])
    monkeypatch.setattr("sandbox.ecs.addresses.random.randint", lambda *_: next(numbers))
    other = Addresses()
    assert other.block == "127.11.12"
    one.close()
    other.close()


def test_a_port_that_another_program_holds_everywhere_is_not_the_containers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        held = other.getsockname()[1]
        monkeypatch.setattr(addresses_module, "PREFERRED_PORT", held)
        pool = Addresses()
        try:
            assert pool.container_port != held
            with socket.socket() as service:
                service.bind((pool.take(), pool.container_port))
        finally:
            pool.close()
