@anywhere
Feature: The load balancer's limits, headers and encryption
  The load balancer is the one part of the platform that strangers can reach.
  It turns away what no service should have to read, tells the service behind it the truth about who asks,
  and lets nobody talk to us in the clear: so a service can trust what reaches it, and a visitor whom he talks to.
  In the request's words: ALB routing, all endpoints accessible with correct responses.

  Rule: What goes beyond the limits is refused at the door
    If broken (moderate): a stranger's request breaks a service that should never have had to read it.

    @criterion.routing
    Scenario Outline: At its limits, the load balancer answers <request> with <status>
      When the load balancer is sent <request>
      Then the answer is <status> from <service>

      Examples:
        | request                         | status | service       |
        | a header of 17 KiB              | 400    | load balancer |
        | headers of 70 KiB together      | 400    | load balancer |
        | 31 addresses in X-Forwarded-For | 463    | load balancer |
        | a path of 2,000 characters      | 404    | load balancer |
        | the method TRACE                | 405    | load balancer |
        | the method BREW                 | 404    | load balancer |
        | a WebSocket upgrade             | 400    | load balancer |
        | a body of 2 MiB                 | 413    | load balancer |

      @needs.named-answers
      Examples: Within them, the service answers
        | request            | status | service     |
        | a header of 15 KiB | 200    | session-api |
        | an empty body      | 400    | session-api |
        | a body of 1 MiB    | 413    | session-api |

  @needs.request-echo
  Rule: The service behind sees the visitor as the load balancer saw him
    If broken (serious): a service believes a stranger's word on who he is.

    @criterion.routing
    Scenario: Who asked, how and where is passed on
      When a request of a visitor is traced to the service that takes it
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
    If broken (critical): somebody on the way reads or changes what a customer sends us.

    @criterion.routing
    Scenario Outline: A request for <path> without encryption is sent on, encrypted
      When GET <path> is requested without encryption
      Then the visitor is sent on for good to the same path and query, encrypted

      Examples:
        | path                         |
        | /                            |
        | /session/some-id/about?tab=2 |
        | /api/health?a=%2F&b=c%20d    |

    @criterion.routing @needs.custom-domain-certificate
    Scenario: The certificate is for the platform's own name
      When the platform is visited under its own name
      Then the certificate is accepted

    @criterion.routing @needs.custom-domain-certificate
    Scenario: The certificate is for no other name
      When the platform is visited under another name
      Then the certificate is rejected
