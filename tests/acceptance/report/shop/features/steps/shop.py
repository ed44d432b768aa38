"""The shop's steps: each is one way for a step to end."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context

SECRET = "Zk3v9QpLmN77xR21"


@given("a stocked shop")
def stocked(context: Context) -> None:
    context.price = 0


@given("a camera")
def camera(_context: Context) -> None:
    pass


@when("these are ordered")
def ordered(context: Context) -> None:
    assert context.table is not None
    context.price = sum(int(row["count"]) for row in context.table)


@then("the letter reads")
def letter(context: Context) -> None:
    assert context.text == "Dear customer & friend"


@when('{count:d} of "{fruit}" are ordered')
def counted(context: Context, count: int, fruit: str) -> None:
    assert fruit
    context.price = 2 * count


@then("the price is {price:d}")
def price(context: Context, price: int) -> None:
    assert context.price == price, f"expected {price}, saw {context.price}; token={SECRET}"


@when("a picture is taken")
def picture(context: Context) -> None:
    context.attach("image/png", b"\x89PNG\x00\xff")


@then("a note is left")
def note(context: Context) -> None:
    context.attach("text/plain", f"password: {SECRET} </script> done".encode())


@when("something breaks")
def breaks(_context: Context) -> None:
    raise RuntimeError("a lamp broke")
