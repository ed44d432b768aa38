"""A part of a sentence takes the words that it declares, and no other; what it makes of them is handed to the step."""

from __future__ import annotations

from behave.matchers import get_step_matcher_factory

from acceptance.run.sentence_parts import one_of, part


def test_the_words_that_were_declared_are_read_and_no_others() -> None:
    @part("TestDish", r"soup|bread(?: with \w+)?")
    def dish(words: str) -> list[str]:
        """What is on the table."""
        return words.split(" with ")

    sentence = get_step_matcher_factory().make_step_matcher(
        lambda: None, "there is {dish:TestDish} for everybody"
    )
    for words, read in (("soup", ["soup"]), ("bread with butter", ["bread", "butter"])):
        found = sentence.match(f"there is {words} for everybody")
        assert found is not None
        assert [(argument.name, argument.value) for argument in found.arguments] == [("dish", read)]
    assert sentence.match("there is cake for everybody") is None


def test_of_a_table_the_keys_are_read_also_where_one_begins_another() -> None:
    one_of("TestHour", {"noon": 12, "noon (or so)": 13})
    sentence = get_step_matcher_factory().make_step_matcher(lambda: None, "we meet at {hour:TestHour}")
    for words, hour in (("noon", 12), ("noon (or so)", 13)):
        found = sentence.match(f"we meet at {words}")
        assert found is not None
        assert [argument.value for argument in found.arguments] == [hour]
    assert sentence.match("we meet at noon or so") is None
