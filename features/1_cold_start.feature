@anywhere
Feature: Cold start
  While nobody edits a website the platform sleeps and costs nothing.
  A customer's first request must wake it, and within a minute she sees her site with the change made.
  When she is done it falls asleep by itself: we pay for work, never for waiting.
  In the request's words: complete cold start from 0 containers, session in DynamoDB, scaling 0→1, HMR, auto-shutdown.

  Rule: From nothing, the preview is live within a minute
    If broken (critical): a customer who writes waits for a preview that comes too late, or never.

    Background:
      Given the platform is asleep

    @criterion.cold_start @criterion.scaling
    Scenario: The first request wakes the platform and brings up a preview with the change
      When "test@example.com" of "test-client" starts with: Add a new page called "Test Page"
      Then the session is on record at once as initializing
      And the preview is live within 60 seconds, connected for updates
      And the page "test-page" of the preview says "Test Page"
      And the file "/workspace/test-client/test/project/src/pages/test-page.astro" exists

    @criterion.cold_start @needs.instructions
    Scenario: A fresh preview shows the next edit without being reloaded by hand
      Given a live session
      And its preview is open in a browser
      When the customer asks: Change the heading to "Open at nine"
      Then the open preview updates by itself with every change
      And the home page of the preview says "Open at nine"

    @criterion.cold_start @needs.instructions
    Scenario: An open page shows one edit after the other, the third like the first
      Given a live session
      And its preview is open in a browser
      When the customer asks for 3 changes, each once the one before is there
      Then the open preview updates by itself with every change

    @criterion.cold_start @needs.mail
    Scenario: An email does what a request does, and is answered in its thread
      When a customer sends a plain mail, asking: Change the heading to "Asked by mail"
      Then the preview is live within 60 seconds, connected for updates
      And the customer is answered in the thread with the address of the preview
      And the home page of the preview says "Asked by mail"

  Rule: Waking up is orderly, seen from inside and outside
    If broken (serious): a customer meets an error page while her preview starts, or we pay for tasks that nobody needs.

    @criterion.cold_start @criterion.scaling
    Scenario: One session wakes one Hermes task and one Edit task, never more
      When a customer's request wakes the platform from nothing
      Then exactly 1 Hermes task was started for it
      And exactly 1 Edit task was started for it
      And the Edit task did not wait for the Hermes task to run

    @criterion.cold_start
    Scenario: A visitor who comes too early sees the waiting page
      When a customer's request wakes the platform from nothing
      Then every answer at the preview's address was a waiting page that refreshes itself, until it was the site

    @criterion.cold_start
    Scenario: The preview is never called ready before it is served
      When a customer's request wakes the platform from nothing
      Then whenever the session was called healthy or active, its preview was served

    @criterion.cold_start
    Scenario: No request is answered by a broken gateway while the platform wakes
      When a customer's request wakes the platform from nothing
      Then no request made meanwhile was answered with 502 or 504

    @criterion.cold_start
    Scenario: A session's life is on record in the order in which it happened
      When a customer's request wakes the platform from nothing
      Then the session went from initializing to active and through no other state
      And the record names the task and the address that serve the preview

  Rule: Left alone, everything goes back to zero
    If broken (serious): we pay for tasks that serve nobody, or a customer at work loses her preview.

    @criterion.scaling
    Scenario Outline: <Activity> keep a session awake beyond the idle time
      When a customer does nothing but send <activity> for twice the idle time
      Then the session was active all the while

      Examples:
        | Activity              | activity              |
        | Page views            | page views            |
        | Views of another page | views of another page |

      @needs.instructions
      Examples:
        | Activity     | activity     |
        | Instructions | instructions |

      @needs.keepalive
      Examples:
        | Activity   | activity   |
        | Keepalives | keepalives |

    @criterion.scaling
    Scenario: A forgotten browser tab does not keep a session awake
      When a customer does nothing but leave her browser open for twice the idle time
      Then the session expired while the browser was connected

    @criterion.scaling
    Scenario: After the idle time the session expires, Edit goes to zero, then Hermes
      Given a live session
      When the customer leaves
      Then the session ends as expired
      And Edit goes to zero, Hermes after it, and nothing of the session is left
      And the preview's old address says that the session has ended

    @criterion.scaling @needs.task-kill
    Scenario: A session that is left alone expires although Hermes has died since it began
      Given a live session
      When Hermes dies suddenly
      And the customer leaves
      Then the session ends as expired
      And Edit goes to zero, Hermes after it, and nothing of the session is left

  Rule: What cannot be done is said, and leaves nothing awake
    If broken (serious): a customer waits for an answer that never comes, and we pay meanwhile.

    Background:
      Given the platform is asleep

    @criterion.scaling @needs.mail
    Scenario: An instruction that cannot be carried out ends as failed, and the customer is told why
      When a customer starts with: Delete the page "Tea & <i>biscuits</i>"
      Then the session ends as failed, for a reason that mentions "no page"
      And the customer is mailed that reason, once
      And the preview's old address says why the session failed
      And Edit goes to zero, Hermes after it, and nothing of the session is left

    @criterion.scaling @needs.mail
    Scenario: A workspace that cannot be opened ends as failed, and the customer is told why
      Given a customer whose workspace cannot be opened
      When that customer starts with: Change the heading to "Never seen"
      Then the session ends as failed, for a reason that mentions "workspace"
      And the customer is mailed that reason, once
      And Edit goes to zero, Hermes after it, and nothing of the session is left

    @promise.ownership @needs.mail @needs.instructions
    Scenario: A later instruction that cannot be carried out costs the customer nothing but an answer
      Given a live session
      And a program that looks at its status all the time
      And the customer keeps a copy of her workspace
      When the customer asks: Delete the page "Nowhere"
      Then the customer is mailed a reason that mentions "no page", once
      And the session was active all the while
      And the customer's workspace is as it was, byte for byte
