@anywhere
Feature: Update sockets
  A customer sees her change without reloading because each open page holds a socket to its own preview.
  If it were cut, she would look at an old page and think that nothing was done;
  if it opened for anybody, a stranger could watch her work.
  In the request's words: WebSocket upgrade for HMR.

  @shared
  Rule: Update sockets pass, and only where they belong
    If broken (serious): a customer looks at an old page, or a stranger watches her work.

    Background:
      Given a live session

    @criterion.routing
    Scenario Outline: An update socket asked for with <flaw> is refused
      When a browser asks for the page's update socket with <flaw>
      Then the socket is refused with 400

      Examples:
        | flaw                     |
        | a wrong token            |
        | no token                 |
        | a session that never was |
        | a session that has ended |

    @criterion.routing
    Scenario Outline: An update socket asked for with <flaw> is not opened
      When a browser asks for the page's update socket with <flaw>
      Then the socket is left unanswered

      Examples:
        | flaw                  |
        | a foreign subprotocol |
        | a path beside it      |

    @criterion.routing @needs.named-answers
    Scenario: A plain request at the socket's address gets the page
      When GET /session/{session}/?token=any is requested
      Then the answer is 200 from edit

    @criterion.routing
    Scenario Outline: <size> passes through an open socket, there and back
      Given its preview is open in a browser
      When the browser sends <size> through its socket
      Then the same comes back whole

      Examples:
        | size   |
        | 1 byte |
        | 64 KiB |
        | 1 MiB  |

  @browser
  Rule: A customer's own browser shows it all by itself
    If broken (serious): a customer's own browser does not show her what was done, or shows her an error.

    @criterion.cold_start @needs.instructions
    Scenario: In a browser, an open page shows one edit after the other, and meets no error
      Given a live session
      And its preview is open in a browser
      When the customer asks for 3 changes, each once the one before is there
      Then the open preview updates by itself with every change
      And the open preview met no error

    @criterion.cold_start @needs.instructions
    Scenario: In a browser, a change of style is taken on in place, and what is on the screen stays
      Given a live session
      And its preview is open in a browser
      When the customer asks: Change the text colour to "navy"
      Then the open preview takes on the new colour without being loaded anew
      And the open preview met no error

    @criterion.cold_start
    Scenario: In a browser, the waiting page turns into the site
      Given the platform is asleep
      And a waking session of a customer, begun with: Change the heading to "Worth the wait"
      When a visitor comes to /session/{session}/
      Then the visitor gets 503 and reads "is starting"
      And the open preview turns into the site by itself

    @criterion.scaling
    Scenario: In a browser, a page left open keeps no session awake, and says when it has ended
      Given a live session
      And its preview is open in a browser
      When the customer leaves
      Then the session ends as expired
      And the open preview says by itself that it has ended

    @criterion.concurrency @needs.deactivate
    Scenario: In a browser, an open page says that its session was ended
      Given a live session
      And its preview is open in a browser
      When the customer ends the session
      Then her browser's connection is closed within 30 seconds
      And the open preview says by itself that it has ended
