@anywhere
Feature: Concurrent sessions
  On a Monday morning many customers write at once.
  Each is served as if alone, none sees or disturbs another, and our costs stay capped at three tasks.
  In the request's words: simultaneous sessions, workspace isolation, auto-scaling to 3 tasks, session lifecycle.

  Rule: Everybody is served, each by a task of their own
    If broken (serious): of customers who write at once some get nothing, or we pay for more than three tasks.

    @criterion.concurrency @criterion.scaling @needs.mail
    Scenario: Three customers at the same moment get three previews on three tasks
      Given the platform is asleep
      When 3 customers start at the same moment
      Then every preview is live within 60 seconds, with its own customer's work only
      And 3 Edit tasks ran at once, and never more
      And the sessions are spread evenly over 3 tasks
      And each of them is told of her own preview, and of no other

  Rule: One session's work is nobody else's business
    If broken (critical): a customer's page, files or answers change because of what another one asked.

    Background:
      Given 3 customers at work, each with the preview open in a browser
      And a further customer at work, on a task of one of them

    @criterion.concurrency @promise.ownership @needs.instructions
    Scenario: An instruction changes one workspace, one preview and one open page
      When the customer asks: Change the heading to "Mine alone"
      Then the open preview updates by itself with every change
      And the home page of the preview says "Mine alone"
      And none of the others noticed anything

    @criterion.concurrency @needs.task-kill
    Scenario: A crash of one preview server is invisible to the session beside it
      When the customer's preview server dies suddenly, and again once it is back
      Then the same task serves the session at its own address, connected for updates
      And none of the others noticed anything

    @criterion.concurrency @criterion.scaling @needs.deactivate
    Scenario: Ending one session disturbs no other
      When the customer ends the session
      Then it is answered that the session is draining
      And the session ends as inactive
      And none of the others noticed anything

    @criterion.concurrency @criterion.scaling
    Scenario: One session expires while the others go on
      When the customer leaves
      Then the session ends as expired
      And none of the others noticed anything

  Rule: Capacity follows the sessions
    If broken (serious): a customer at work loses her preview when another one leaves, or we pay for idle tasks.

    @criterion.concurrency @criterion.scaling @needs.deactivate
    Scenario: Capacity shrinks with the sessions and reaches zero, and those still at work notice nothing
      Given 3 customers at work, each with the preview open in a browser
      When they end their sessions one after the other
      Then 2 Edit tasks were left, then 1, then none, and nothing of any session is left routed
      And none of the others noticed anything

  Rule: What befalls one task holds up no other
    If broken (serious): one customer's broken task stops the work of all.

    @criterion.concurrency @needs.task-kill @needs.instructions
    Scenario: A task that hangs holds up nobody on another task
      Given the platform is asleep
      And a live session
      And another customer, whose Edit task hangs over what she asked for
      When the customer asks: Change the heading to "Meanwhile"
      Then the home page of the preview says "Meanwhile"
      And the task that hung has not been given up yet

    @criterion.concurrency @criterion.persistence @needs.task-kill
    Scenario: When a task dies, each of its sessions comes back
      Given 4 live sessions of as many customers
      When the Edit task with most of them dies suddenly
      Then another task serves each of its sessions at its own address, connected for updates

  Rule: More customers than tasks share them fairly
    If broken (moderate): some customers wait on a crowded task while another stands idle.

    @criterion.concurrency @criterion.scaling
    Scenario Outline: <number> customers at the same moment share three tasks evenly
      Given the platform is asleep
      When <number> customers start at the same moment
      Then every preview is live within 60 seconds, with its own customer's work only
      And 3 Edit tasks ran at once, and never more
      And the sessions are spread evenly over 3 tasks

      Examples:
        | number |
        | 10     |
        | 5      |

  Rule: Many instructions at once lose nothing
    If broken (critical): in a rush a customer's change is lost, made twice, or lands in another's website.

    @criterion.concurrency @slow @needs.instructions
    Scenario: A hundred instructions over five sessions are one commit each, in order
      Given 5 live sessions of as many customers
      When each of them asks 20 times at the same moment
      Then each instruction is one commit that names its thread and its session, in the order asked

    @criterion.concurrency @needs.instructions @needs.threads
    Scenario: Two sessions of one customer in one thread take turns
      Given 2 live sessions of one customer in one thread
      When each of them asks 10 times at the same moment
      Then each instruction is one commit that names its thread and its session, in the order asked
      And the repository is sound, all of it committed and pushed

    @criterion.concurrency @needs.redeploy @needs.instructions
    Scenario: A deployment of Hermes loses and repeats no instruction
      Given the platform is asleep
      And a live session
      When Hermes is deployed anew while the customer asks 20 times
      Then each instruction is one commit that names its thread and its session, in the order asked
      And 2 Hermes tasks ran at once, and never more
      And 1 Edit task ran at once, and never more

    @criterion.concurrency @needs.second-hermes @needs.mail
    Scenario: Two Hermes tasks at once do no work twice
      Given the platform is asleep
      And a second Hermes is there
      When a customer starts with: Change the heading to "Once and no more"
      Then the preview is live within 60 seconds, connected for updates
      And exactly one rule leads to the preview
      And the customer is mailed the address of the preview, once
      And 1 Edit task ran at once, and never more

  Rule: Asking twice is not asking for two
    If broken (moderate): a customer whose program asks again has two previews, and we pay for both.

    @criterion.concurrency @needs.idempotency-key
    Scenario: A request that a client repeats makes one session
      When a client sends the same request 5 times at once, as a retry
      Then every answer names the same session
      And exactly 1 session is on record for the client
      And a request of another customer, of this client or another, with the same key is answered with a session of its own

    @criterion.concurrency @promise.ownership @needs.deactivate
    Scenario: A burst of 30 requests makes 30 sessions that nobody can guess
      When 30 customers start at the same moment and end their sessions at once
      Then every answer names a session of its own
      And every answer names a session that cannot be guessed from the others
      And exactly 30 sessions are on record for the client
      And nothing but sessions is in the table of sessions
      And all of them end as inactive
