@shop
Feature: The shop's </script> page
  Whom it serves.

  Background:
    Given a stocked shop

  Scenario: Tables and texts
    When these are ordered
      | fruit | count |
      | apple | 2     |
    Then the letter reads
      """
      Dear customer & friend
      """

  Scenario Outline: Rows <fruit>
    When <count> of "<fruit>" are ordered
    Then the price is <price>

    Examples: good
      | fruit | count | price |
      | apple | 2     | 4     |
      | pear  | 1     | 2     |

    Examples: bad
      | fruit | count | price |
      | plum  | 3     | 7     |

  Scenario: Undefined in the middle
    When nobody has written this
    Then the price is 0
    And nobody has written that either

  Rule: Evidence is kept

    Background:
      Given a camera

    Scenario: Attachments
      When a picture is taken
      Then a note is left

    Scenario: It breaks
      When something breaks
      Then the price is 0

    @skip_me
    Scenario: Not today
      Then the price is 0

    @left_out
    Scenario: Not selected
      Then the price is 0
