@anywhere
Feature: Nobody gets at another's work
  Customers of competing clients trust us with websites that are not yet public.
  Whoever somebody claims to be, whatever an instruction, a path or a page's own code tries,
  it finds and changes the work of its own customer only.
  In the request's words: independent workspace isolation.

  Rule: A workspace is opened for its owner only
    If broken (critical): a customer sees or changes another customer's files.

    Background:
      Given an owner at work in her workspace

    @promise.ownership @needs.shared-user-names
    Scenario: Whoever might be taken for the owner gets a workspace of their own
      When these start with: Create a components/Mine.astro file
        | who                               |
        | another person of the same client |
        | the same person at another client |
        | the same name at another domain   |
      Then each of them has a thread and a workspace of their own, with "src/components/Mine.astro" in it
      And the owner's workspace is as it was, byte for byte

    @promise.ownership
    Scenario: Nobody reads another's files through a preview of his own
      Given a secret in her workspace
      When another customer of the same client looks for it through a preview of his own
      Then no answer holds the secret, a file of the system or another service's success

    @promise.ownership
    Scenario: The code of a customer's site finds and changes nothing of anybody else's
      Given a secret in her workspace
      When another customer of the same client looks for it with the code of a page of his own
      Then the page found nothing of hers, and nothing of the platform
      And the owner's workspace is as it was, byte for byte

    @promise.ownership @needs.instructions
    Scenario: What a workspace has git do finds and changes nothing of anybody else's
      Given a secret in her workspace
      When another customer of the same client looks for it with a program that his git calls
      Then the page found nothing of hers, and nothing of the platform
      And the owner's workspace is as it was, byte for byte

    @promise.ownership @needs.instructions
    Scenario Outline: An instruction that names another's file by <way> changes nothing of hers
      Given a live session
      When the customer asks for a file in the owner's workspace, named by <way>, and then: Change the heading to "Done"
      Then the home page of the preview says "Done"
      And the owner's workspace is as it was, byte for byte

      Examples:
        | way               |
        | its absolute path |
        | steps up          |

  Rule: A customer's words are never taken for code
    If broken (critical): whoever writes an instruction runs code in a website, and in its visitors' browsers.

    @promise.ownership @needs.instructions
    Scenario: Words that look like code stay words
      Given a live session
      When the customer asks: Change the heading to "<script>alert(1)</script> {1 + 1} <b>Buns &amp; cakes</b>"
      Then the home page of the preview says "<script>alert(1)</script> {1 + 1} <b>Buns &amp; cakes</b>"
      And each instruction is one commit that names its thread and its session, in the order asked

  Rule: A client is told of its own sessions only
    If broken (critical): a client learns what another client's customers are working on.

    @promise.ownership
    Scenario: A client is shown its own sessions only, the newest first
      When 3 customers of a client start, and between them one of another whose name begins with that one's
      Then the client is shown its own sessions and no other, the newest first

  @shared
  Rule: No path leads where none may lead
    If broken (critical): a stranger reads another customer's files, or the platform's own secrets.

    Background:
      Given a live session
      And a secret in another customer's workspace

    @criterion.routing @promise.ownership
    Scenario Outline: <trick> reach no other customer's file, no file of the system and no other service
      When a visitor tries <trick>
      Then no answer holds the secret, a file of the system or another service's success
      And no answer names an address inside the platform
      And the home page of the preview still says "Good day"

      Examples:
        | trick             |
        | dot segments      |
        | encoded slashes   |
        | NUL bytes         |
        | file system paths |

    @criterion.routing @promise.ownership
    Scenario: No path leads to the control port of an Edit task
      Given a program that looks at its status all the time
      When a visitor tries the commands of Edit's control port on every prefix
      Then none of them is carried out
      And no answer names an address inside the platform
      And the home page of the preview still says "Good day"
      And the session was active all the while
