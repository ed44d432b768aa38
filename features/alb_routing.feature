@anywhere
Feature: Routing through the load balancer
  Everything that a customer's browser and our own tools ask for comes through one load balancer.
  Each path must lead to the one service that owns it, and to the one right answer, whether the platform sleeps or wakes:
  a wrong turn shows a customer an error page, or somebody else's website.

  Rule: Asleep, every path is answered by the part that owns it

    Background:
      Given a session that its customer ended, and one that expired
      And the platform is asleep

    @criterion.routing
    Scenario Outline: Asleep, <method> <path> is answered with <status> by <service>
      When <method> <path> is requested
      Then the answer is <status> from <service>

      Examples: The session API answers while everything else sleeps
        | method  | path                               | status | service     |
        | GET     | /api/health                        | 200    | session-api |
        | HEAD    | /api/health                        | 200    | session-api |
        | GET     | /api/health?from=/hermes/health    | 200    | session-api |
        | POST    | /api/health                        | 405    | session-api |
        | OPTIONS | /api/health                        | 405    | session-api |
        | GET     | /api/health/                       | 404    | session-api |
        | GET     | /api//health                       | 404    | session-api |
        | GET     | /api/                              | 404    | session-api |
        | GET     | /api/nothing                       | 404    | session-api |
        | GET     | /api/sessions/client/{nobody}      | 200    | session-api |
        | GET     | /api/sessions/{ended}/status       | 200    | session-api |
        | GET     | /api/sessions/{unknown}/status     | 404    | session-api |
        | DELETE  | /api/sessions/{unknown}/status     | 405    | session-api |
        | POST    | /api/sessions/{unknown}/keepalive  | 404    | session-api |
        | POST    | /api/sessions/{unknown}/deactivate | 404    | session-api |
        | GET     | /api/sessions/activate             | 405    | session-api |

      Examples: It also answers for previews that are not there
        | method | path                      | status | service     |
        | GET    | /session/{unknown}        | 404    | session-api |
        | GET    | /session/{unknown}/       | 404    | session-api |
        | HEAD   | /session/{unknown}/       | 404    | session-api |
        | GET    | /session/{unknown}/health | 404    | session-api |
        | GET    | /session/                 | 404    | session-api |
        | GET    | /session//                | 404    | session-api |
        | GET    | /session/{ended}          | 410    | session-api |
        | GET    | /session/{ended}/         | 410    | session-api |
        | HEAD   | /session/{ended}/         | 410    | session-api |
        | GET    | /session/{ended}/about    | 410    | session-api |
        | GET    | /session/{expired}/       | 410    | session-api |

      Examples: Hermes sleeps, and the load balancer says so
        | method | path           | status | service       |
        | GET    | /hermes/health | 503    | load balancer |
        | HEAD   | /hermes/health | 503    | load balancer |
        | POST   | /hermes/health | 503    | load balancer |
        | GET    | /hermes/       | 503    | load balancer |

      Examples: Outside every prefix the load balancer answers by default
        | method  | path                | status | service       |
        | GET     | /                   | 404    | load balancer |
        | HEAD    | /                   | 404    | load balancer |
        | OPTIONS | /                   | 404    | load balancer |
        | GET     | /index.html         | 404    | load balancer |
        | GET     | /api                | 404    | load balancer |
        | GET     | /apiary             | 404    | load balancer |
        | GET     | /API/health         | 404    | load balancer |
        | GET     | /%61pi/health       | 404    | load balancer |
        | GET     | //api/health        | 404    | load balancer |
        | GET     | /?path=/api/health  | 404    | load balancer |
        | GET     | /hermes             | 404    | load balancer |
        | GET     | /hermesx            | 404    | load balancer |
        | GET     | /Hermes/health      | 404    | load balancer |
        | GET     | /session            | 404    | load balancer |
        | GET     | /sessions/{unknown} | 404    | load balancer |
        | GET     | /SESSION/{unknown}/ | 404    | load balancer |

    @criterion.routing
    Scenario Outline: At its limits, the load balancer answers <request> with <status>
      When the load balancer is sent <request>
      Then the answer is <status> from <service>

      Examples:
        | request                    | status | service       |
        | a header of 15 KiB         | 200    | session-api   |
        | a header of 17 KiB         | 400    | load balancer |
        | headers of 70 KiB together | 400    | load balancer |
        | 31 addresses it came by    | 463    | load balancer |
        | a path of 2,000 characters | 404    | load balancer |
        | the method TRACE           | 405    | load balancer |
        | the method BREW            | 404    | load balancer |
        | a wish for a socket        | 400    | load balancer |
        | an empty body              | 400    | session-api   |
        | a body of 1 MiB            | 413    | session-api   |
        | a body of 2 MiB            | 413    | load balancer |

  Rule: What a visitor reads is right in every state of a session

    @criterion.routing
    Scenario Outline: A visitor of <session> gets <status>, with a page that says so
      Given a session that its customer ended, and one that expired
      And the platform is asleep
      When a visitor comes to <path>
      Then the visitor gets <status> and reads "<words>"

      Examples:
        | session                      | path                 | status | words           |
        | a session that never was     | /session/{unknown}/  | 404    | no such preview |
        | a session that was ended     | /session/{ended}/    | 410    | has ended       |
        | a session that expired       | /session/{expired}/  | 410    | nobody used it  |
        | a page of one that was ended | /session/{ended}/a/b | 410    | has ended       |

    @criterion.routing
    Scenario: A session past its time to live is unknown, though its record is not yet deleted
      Given a session that its customer ended, and one that expired
      And the platform is asleep
      And a record past its time to live
      When its preview is visited
      Then the visitor gets 404 and reads "no such preview"

    @criterion.routing
    Scenario: A visitor who comes at once is asked for patience
      Given the platform is asleep
      When a customer starts a session, and a visitor comes at once
      Then the visitor gets 503 and reads "is starting"
      And is told when to come back

  Rule: Awake, every path is answered by the service that owns it

    Background:
      Given a session that these scenarios share

    @criterion.routing
    Scenario Outline: Awake, <method> <path> is answered with <status> by <service>
      When <method> <path> is requested
      Then the answer is <status> from <service>

      Examples: Hermes and the session API
        | method | path                                     | status | service       |
        | GET    | /hermes/health                           | 200    | hermes        |
        | HEAD   | /hermes/health                           | 200    | hermes        |
        | GET    | /hermes/health?path=/api/                | 200    | hermes        |
        | GET    | /hermes                                  | 404    | load balancer |
        | GET    | /hermesx                                 | 404    | load balancer |
        | GET    | /api/health                              | 200    | session-api   |
        | GET    | /api/sessions/{session}/status           | 200    | session-api   |
        | GET    | /api/sessions/{session}/status?x=/hermes | 200    | session-api   |
        | POST   | /api/sessions/{session}/keepalive        | 200    | session-api   |

      Examples: The preview of a session, and of others
        | method | path                             | status | service       |
        | GET    | /session/{session}               | 200    | edit          |
        | GET    | /session/{session}/              | 200    | edit          |
        | HEAD   | /session/{session}/              | 200    | edit          |
        | GET    | /session/{session}/health        | 200    | edit          |
        | GET    | /session/{session}/about         | 200    | edit          |
        | GET    | /session/{session}/about?x=/api/ | 200    | edit          |
        | GET    | /session/{session}/no-such-page  | 404    | edit          |
        | GET    | /session/{session}x/             | 404    | session-api   |
        | GET    | /SESSION/{session}/              | 404    | load balancer |
        | GET    | /session/{unknown}/              | 404    | session-api   |
        | GET    | /session/{ended}/                | 410    | session-api   |

    @criterion.routing
    Scenario: Everything that a preview's pages refer to is served under its session's own path
      When everything that its pages refer to is followed to the end
      Then all of it is served, under the session's own path
      And no answer names an address inside the platform

  Rule: Update sockets pass, and only where they belong

    Background:
      Given a session that these scenarios share

    @criterion.routing
    Scenario: The update socket of a page is opened through the load balancer
      When a browser asks for the page's update socket with nothing wrong
      Then the socket is opened

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
      Then nobody answers

      Examples:
        | flaw                  |
        | a foreign subprotocol |
        | a path beside it      |

    @criterion.routing
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

  Rule: The service behind sees the visitor as the load balancer saw him

    @criterion.routing
    Scenario: Who asked, how and where is passed on
      When a visitor's request is traced to the service that takes it
      Then the service saw the visitor's address, "https" and port 443
      And the service saw a trace identifier

    @criterion.routing
    Scenario: A forged origin is appended to, never trusted
      When a request that claims to come from "203.0.113.7" is traced to the service that takes it
      Then the service saw "203.0.113.7" followed by the visitor's address, "https" and port 443

    @criterion.routing
    Scenario: A trace that began elsewhere is continued
      When a request that is part of a longer trace is traced to the service that takes it
      Then the service saw that trace continued

    @criterion.routing
    Scenario: What concerns the visitor's connection alone is not passed on
      When a request with headers for its own connection alone is traced to the service that takes it
      Then the service saw none of them

  Rule: Visitors are led to the encrypted site, and can be sure of it

    @criterion.routing
    Scenario Outline: A request for <path> without encryption is sent on, encrypted
      When <path> is requested without encryption
      Then the visitor is sent on for good to the same path and query, encrypted

      Examples:
        | path                         |
        | /                            |
        | /session/some-id/about?tab=2 |
        | /api/health?a=%2F&b=c%20d    |

    @criterion.routing
    Scenario: The certificate is for the platform's own name
      When the platform is visited under its own name
      Then the certificate is accepted

    @criterion.routing
    Scenario: The certificate is for no other name
      When the platform is visited under another name
      Then the certificate is rejected

  Rule: No path leads where none may lead

    Background:
      Given a session that these scenarios share

    @criterion.routing @promise.ownership
    Scenario Outline: <trick> reach no other customer's file, no file of the system and no other service
      Given a secret in the workspace of another customer
      When a visitor tries <trick>
      Then no answer holds the secret, a file of the system or another service's success
      And no answer names an address inside the platform
      And the preview still says "Shared"

      Examples:
        | trick             |
        | dot segments      |
        | encoded slashes   |
        | NUL bytes         |
        | file system paths |

    @criterion.routing @promise.ownership
    Scenario: No path leads to the control port of an Edit task
      When a visitor gives the commands of Edit's control port on every prefix
      Then none of them is carried out
      And no answer names an address inside the platform
      And the session is still active
      And the preview still says "Shared"

  Rule: A session's path leads to its own task, as long as it lives

    @criterion.routing
    Scenario: An open socket outlives the coming of other sessions
      Given a session that these scenarios share
      And its preview is open in a browser
      When 2 other customers' sessions come up beside it
      Then the browser is still connected

    @criterion.routing
    Scenario: With three tasks, each session is served by its own, fifty times out of fifty
      Given 3 live sessions, each on a task of its own
      When each session is asked 50 times who serves it
      Then every answer came from the task that the session's record names

    @criterion.routing
    Scenario: The socket of a session that ends is closed, and no other
      Given 3 live sessions, each on a task of its own
      And each of their previews is open in a browser
      When one of the customers ends her session
      Then her browser's connection is closed within 30 seconds
      And the preview's old address says that the session has ended
      And the other browsers are still connected
