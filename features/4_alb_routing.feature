@anywhere
Feature: Routing through the load balancer
  Everything that a customer's browser and our own tools ask for comes through one load balancer.
  Each path must lead to the one service that owns it, and to the one right answer, whether the platform sleeps or wakes:
  a wrong turn shows a customer an error page, or somebody else's website.
  In the request's words: path-based ALB routing of /api/*, /hermes/* and /session/{id}, WebSocket upgrade for HMR.

  Rule: Asleep, every path is answered by the part that owns it
    If broken (serious): a visitor gets a wrong answer, or wakes the platform by merely looking.

    Background:
      Given sessions that have ended
      And the platform is asleep

    @criterion.routing
    Scenario Outline: Asleep, <method> <path> is answered with <status> by <service>
      When <method> <path> is requested
      Then the answer is <status> from <service>

      @needs.named-answers
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
        | GET     | /api/sessions/{unknown}/status     | 404    | session-api |
        | DELETE  | /api/sessions/{unknown}/status     | 405    | session-api |
        | POST    | /api/sessions/{unknown}/keepalive  | 404    | session-api |
        | POST    | /api/sessions/{unknown}/deactivate | 404    | session-api |
        | GET     | /api/sessions/activate             | 405    | session-api |

      @needs.named-answers
      Examples: It also answers for previews that are not there
        | method | path                      | status | service     |
        | GET    | /session/{unknown}        | 404    | session-api |
        | GET    | /session/{unknown}/       | 404    | session-api |
        | HEAD   | /session/{unknown}/       | 404    | session-api |
        | GET    | /session/{unknown}/health | 404    | session-api |
        | GET    | /session/                 | 404    | session-api |
        | GET    | /session//                | 404    | session-api |
        | GET    | /session/{expired}/       | 410    | session-api |

      @needs.named-answers @needs.deactivate
      Examples: And for a session that its customer ended
        | method | path                         | status | service     |
        | GET    | /api/sessions/{ended}/status | 200    | session-api |
        | GET    | /session/{ended}             | 410    | session-api |
        | GET    | /session/{ended}/            | 410    | session-api |
        | HEAD   | /session/{ended}/            | 410    | session-api |
        | GET    | /session/{ended}/about       | 410    | session-api |

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

    @criterion.routing @needs.named-answers
    Scenario: Asleep, the session API is healthy fifty times out of fifty
      When GET /api/health is requested 50 times
      Then every one of the 50 answers is 200 from session-api

  Rule: What a visitor reads is right in every state of a session
    If broken (moderate): a visitor gives up on a preview that is starting, or waits for one that has ended.

    Background:
      Given sessions that have ended
      And the platform is asleep

    @criterion.routing
    Scenario Outline: A visitor of <session> gets <status>, with a page that says so
      When a visitor comes to <path>
      Then the visitor gets <status> and reads "<words>"

      Examples:
        | session                  | path                | status | words           |
        | a session that never was | /session/{unknown}/ | 404    | no such preview |
        | a session that expired   | /session/{expired}/ | 410    | nobody used it  |

      @needs.deactivate
      Examples:
        | session                      | path                 | status | words           |
        | a session that was ended     | /session/{ended}/    | 410    | has ended       |
        | a page of one that was ended | /session/{ended}/a/b | 410    | has ended       |

    @criterion.routing
    Scenario: A session past its time to live is unknown, though its record is not yet deleted
      Given a record past its time to live
      When a visitor comes to /session/{outdated}/
      Then the visitor gets 404 and reads "no such preview"
      And the client is shown its own sessions and no other, the newest first

    @criterion.routing
    Scenario: A visitor who comes at once is asked for patience
      Given a waking session of a customer, begun with: Change the heading to "Good morning"
      When a visitor comes to /session/{session}/
      Then the visitor gets 503 and reads "is starting"
      And the visitor is told when to come back

  @shared
  Rule: Awake, every path is answered by the service that owns it
    If broken (serious): a customer sees an error page instead of her website.

    Background:
      Given a live session

    @criterion.routing
    Scenario Outline: Awake, <method> <path> is answered with <status> by <service>
      When <method> <path> is requested
      Then the answer is <status> from <service>

      @needs.named-answers
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

      @needs.named-answers @needs.keepalive
      Examples: A keepalive
        | method | path                              | status | service     |
        | POST   | /api/sessions/{session}/keepalive | 200    | session-api |

      @needs.named-answers
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

      @needs.named-answers @needs.deactivate
      Examples: The preview of a session that its customer ended
        | method | path              | status | service     |
        | GET    | /session/{ended}/ | 410    | session-api |

    @criterion.routing
    Scenario: What the session API tells of a session is what is on record
      When a program asks for the session's status
      Then it is told what is on record

    @criterion.scaling @needs.keepalive
    Scenario: A keepalive keeps the session's record for a day, counted from then
      When the customer's browser says that she is still there
      Then the session's record is kept for a day from then on, as she is told

    @criterion.routing
    Scenario: Everything that a preview's pages refer to is served under its session's own path
      When everything that its pages refer to is followed to the end
      Then all of it is served, under the session's own path
      And no answer names an address inside the platform

  @shared
  Rule: A page can connect for its updates
    If broken (serious): a customer looks at an old page, and thinks that nothing was done.

    Background:
      Given a live session

    @criterion.routing
    Scenario: The update socket of a page is opened through the load balancer
      When a browser asks for the page's update socket with nothing wrong
      Then the socket is opened

  Rule: A session's path leads to its own task, as long as it lives
    If broken (critical): a customer sees another's unpublished website, or loses her preview when others come and go.

    @criterion.routing
    Scenario: An open socket outlives the coming of other sessions
      Given a live session
      And its preview is open in a browser
      When 2 customers start at the same moment
      Then every preview is live within 60 seconds, with its own customer's work only
      And the browser is still connected

    @criterion.routing
    Scenario: With three tasks, each session is served by its own, fifty times out of fifty
      Given 3 customers at work, each with the preview open in a browser
      When each session is asked 50 times who serves it
      Then every answer came from the task that the session's record names
      And the sessions are spread evenly over 3 tasks

    @criterion.routing @needs.deactivate
    Scenario: The socket of a session that ends is closed, and no other
      Given 3 customers at work, each with the preview open in a browser
      And a further customer at work, on a task of one of them
      When the customer ends the session
      Then her browser's connection is closed within 30 seconds
      And the preview's old address says that the session has ended
      And none of the others noticed anything
