@anywhere
Feature: Bad input leaves no trace
  Our API is open to programs of many clients, and programs make mistakes.
  A mistake is told to the one who made it, in words that help to mend it;
  it wakes nothing, costs nothing, and changes nothing for anybody.
  In the request's words: API endpoint accessibility (/api/*), with correct responses.

  @needs.queue-depth
  Rule: A bad request is refused and leaves no trace
    If broken (moderate): a client's mistake wakes the platform and costs money, and nobody says what was wrong.

    Background:
      Given the platform is asleep

    @promise.ownership
    Scenario Outline: A request with <flaw> is refused, and told which field is wrong
      When a request comes in with <flaw>
      Then it is refused as invalid, naming "<field>"
      And it leaves no record, no command and no task

      Examples:
        | flaw                               | field       |
        | no client                          | clientId    |
        | an empty client                    | clientId    |
        | a client in capital letters        | clientId    |
        | a client that climbs out of a path | clientId    |
        | a client of 64 characters          | clientId    |
        | the end of a line behind the client | clientId    |
        | a client that is a number          | clientId    |
        | no customer                        | userId      |
        | a customer that is no address      | userId      |
        | a customer that is a list          | userId      |
        | no instruction                     | instruction |
        | an empty instruction               | instruction |
        | an instruction of blanks           | instruction |
        | an over-long instruction           | instruction |
        | half a character in the instruction | instruction |
        | a thread that climbs out of a path | threadId    |

    @promise.ownership
    Scenario Outline: A request with <flaw> is refused as <refusal>
      When a request comes in with <flaw>
      Then it is refused as <refusal>
      And it leaves no record, no command and no task

      Examples:
        | flaw                                        | refusal     |
        | a body that is not JSON                     | invalid     |
        | no body                                     | invalid     |
        | a list for a body                           | invalid     |
        | NaN in it                                   | invalid     |
        | lists in lists, 20,000 deep                 | invalid     |
        | a number of 20,000 digits                   | invalid     |
        | a member given twice                        | invalid     |
        | a body that is not the gzip it claims to be | invalid     |
        | a body that is not the Brotli it claims to be | invalid   |
        | a body of 512 KiB                           | too large   |
        | the wrong method                            | not allowed |

      @needs.instructions
      Examples:
        | flaw                                        | refusal |
        | an instruction for a session that never was | unknown |

  @shared
  Rule: A live session is changed by good requests only
    If broken (serious): a client's mistake damages what a customer is working on.

    Background:
      Given a live session

    @promise.ownership
    Scenario Outline: A request to a live session with <flaw> is refused, and nothing of the session changes
      When a request to the session comes in with <flaw>
      Then it is refused as <refusal>
      And nothing of the session has changed

      @needs.instructions
      Examples:
        | flaw                                | refusal     |
        | no instruction                      | invalid     |
        | an empty instruction                | invalid     |
        | an instruction that is a number     | invalid     |
        | an over-long instruction            | invalid     |
        | half a character in the instruction | invalid     |
        | an instruction that is not JSON     | invalid     |
        | an instruction of 512 KiB           | too large   |
        | a wrong method to instruct          | not allowed |

      @needs.keepalive
      Examples:
        | flaw                         | refusal     |
        | a keepalive that is not JSON | invalid     |
        | a wrong method to keep alive | not allowed |

      @needs.deactivate
      Examples:
        | flaw                     | refusal     |
        | an end that is not JSON  | invalid     |
        | a wrong method to end it | not allowed |

  @needs.deactivate @needs.queue-depth
  Rule: A session that has ended stays so
    If broken (moderate): an instruction that comes too late vanishes without a word, or wakes what nobody uses.

    Background:
      Given sessions that have ended
      And the platform is asleep

    @promise.ownership @needs.instructions @needs.keepalive
    Scenario Outline: After a session's end, <request> for it is refused, and wakes nothing
      When <request> comes in for the session that its customer ended
      Then it is refused as too late
      And it leaves no record, no command and no task

      Examples:
        | request        |
        | an instruction |
        | a keepalive    |

    @promise.ownership
    Scenario: To end a session once more changes nothing
      When another end comes in for the session that its customer ended
      Then it is answered that the session is inactive
      And it leaves no record, no command and no task
