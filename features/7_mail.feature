@anywhere @needs.mail
Feature: Mail
  A customer writes from whatever program she has, and has never seen our forms.
  What she wrote must be understood, and a mail that nobody can answer for must stop neither her nor the next one.
  In the request's words: session creation and session resume, from an email to a live preview.

  @shared
  Rule: Mail is read as people's programs write it
    If broken (serious): what a customer wrote is misread, or never carried out.

    Background:
      Given a live session

    @criterion.cold_start
    Scenario Outline: A mail with <oddity> is carried out, and answered in its thread
      When a customer sends a mail with <oddity>, asking: Change the heading to "<words>"
      Then the customer is answered in the thread with the address of the preview
      And the home page of the preview says "<words>"

      Examples:
        | oddity                   | words        |
        | a text and an HTML part  | Asked twice  |
        | an HTML part alone       | Käse & Brot  |
        | attached files           | See attached |
        | its text in ISO-8859-1   | Crème brûlée |
        | an unknown character set | Asked anyhow |
        | nothing but its subject  | In one line  |

    @promise.ownership
    Scenario Outline: A mail with <oddity> begins nothing, and the next one is read all the same
      When a customer sends a mail with <oddity>, and after it a plain one: Change the heading to "Read all the same"
      Then the customer is answered in the thread with the address of the preview
      And the home page of the preview says "Read all the same"
      And exactly 1 session is on record for the client

      Examples:
        | oddity                          |
        | two senders                     |
        | two senders in one line         |
        | the mark of an automatic answer |
        | the form of a returned one      |
        | headers that are none           |

    @promise.ownership
    Scenario: A mail of more words than an instruction may have is answered, and begins nothing
      When a customer sends a mail with far too many words, asking: Change the heading to "Never seen"
      Then the customer is answered in the thread with a reason that mentions "characters"
      And exactly 0 sessions are on record for the client

  Rule: A mail thread is one conversation
    If broken (serious): a customer's reply starts something new, and her answers arrive where she does not look.

    Background:
      Given a session that a customer's mail began

    @criterion.cold_start @needs.instructions
    Scenario: A reply while the session lives is its next instruction
      When the customer replies to the platform's answer: Change the heading to "Once more"
      Then the home page of the preview says "Once more"
      And each instruction is one commit that names its thread and its session, in the order asked
      And exactly 1 session is on record for the client

    @criterion.persistence @needs.threads @needs.deactivate
    Scenario: A reply after the session's end resumes the thread in a new session
      Given the customer keeps a copy of her workspace
      And the session has ended and Edit has gone to zero
      When the customer replies to her own mail, from a program that names no other: Change the heading to "The next day"
      Then the customer is answered in the thread with the address of the preview
      And the new session has the thread of the one before
      And the customer's workspace is as it was, byte for byte, but for one commit that changes "src/pages/index.astro"
