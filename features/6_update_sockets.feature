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
