"""The control plane answers as moto does, only with less work."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker

from sandbox.aws_access import Keys
from sandbox.aws_api.server import ControlPlane, remember_possible_keys


class Service:
    """A value of a class that is named as AWS names it: its fields may leave that out."""


class Cluster:
    """A value of another class."""


@pytest.fixture(autouse=True)
def _control_plane() -> None:
    ControlPlane(Keys.create()).close()


@pytest.mark.parametrize("picker", [AttributePicker, XFormedAttributePicker])
def test_a_value_is_looked_for_under_the_names_that_moto_knows(picker: Any) -> None:
    """Whatever was asked before, of another class or field."""
    # moto calls botocore's shapes its own.
    ecs: Any = botocore.session.get_session().get_service_model("ecs")
    find = vars(picker)["get_possible_keys"].__wrapped__
    values: tuple[object, ...] = ({}, Service(), Cluster(), None)
    asked = [
        AttributePickerContext(value, name, shape)
        for shape in (ecs.shape_for("Service"), ecs.shape_for("Services"), ecs.shape_for("String"))
        for value in values
        for name in ("serviceName", "services", "clusterArn")
    ]
    for _ in range(2):
        for context in asked:
            assert list(picker().get_possible_keys(context)) == list(find(picker(), context)), context
    names = {tuple(picker().get_possible_keys(context)) for context in asked}
    assert len(names) > 3, "these must differ, or this test shows nothing"


def test_a_second_control_plane_does_not_remember_what_is_remembered() -> None:
    once = vars(AttributePicker)["get_possible_keys"]
    remember_possible_keys(AttributePicker)
    assert vars(AttributePicker)["get_possible_keys"] is once
