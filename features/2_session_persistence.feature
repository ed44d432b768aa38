@anywhere
Feature: Session persistence and resume
  A customer's website is her work of months; the containers that serve it live for minutes.
  Whatever becomes of a container, she finds every file and every step of her history as she left them,
  goes on where she stopped, and nobody else ever gets hold of it.
  In the request's words: EFS persistence across container restarts, workspace state, git history, session resume.

  Rule: A workspace outlives the containers that served it
    If broken (critical): a customer loses the work of months.

    @criterion.persistence
    Scenario: A new session resumes the workspace after Edit was forced to zero
      Given a live session of "test@example.com" of "test-client", begun with: Create a components/Header.astro file
      And the customer keeps a copy of her workspace
      And Edit was forced to zero
      When "test@example.com" of "test-client" starts with: Update Header.astro with new content
      Then the preview is live within 60 seconds, connected for updates
      And another task serves the session at its own address, connected for updates
      And the file "/workspace/test-client/test/project/src/components/Header.astro" exists
      And the customer's workspace is as it was, byte for byte, but for one commit that changes "src/components/Header.astro"

    @criterion.persistence @needs.deactivate
    Scenario: Five hundred files of every kind survive, committed or not
      Given a live session
      And 500 files of every kind in its workspace, half of them not committed
      And the customer keeps a copy of her workspace
      And the session has ended and Edit has gone to zero
      When that customer starts with: Change the heading to "Back again"
      Then the preview is live within 60 seconds, connected for updates
      And the customer's workspace is as it was, byte for byte, but for one commit that changes "src/pages/index.astro"

    @criterion.persistence
    Scenario Outline: A session comes back with all its files when its Edit task <accident>
      Given a live session
      And its preview is open in a browser
      And the customer keeps a copy of her workspace
      When its Edit task <accident>
      Then another task serves the session at its own address, connected for updates
      And the customer's workspace is as it was, byte for byte

      @needs.task-kill
      Examples:
        | accident      |
        | dies suddenly |

      @needs.task-stop
      Examples:
        | accident   |
        | is stopped |

    @criterion.persistence @needs.task-kill
    Scenario: A task that hangs is given up after five pings, and its session comes back
      Given a live session
      And the customer keeps a copy of her workspace
      When its Edit task hangs
      Then another task serves the session at its own address, connected for updates
      And the task that hung was given up after five pings, within 20 seconds
      And the customer's workspace is as it was, byte for byte

    @criterion.persistence @needs.task-kill
    Scenario: A preview server that hangs is started anew by its task
      Given a live session
      When the customer's preview server hangs
      Then the same task serves the session at its own address, connected for updates

    @criterion.persistence @needs.task-kill @needs.mail
    Scenario: A session whose task dies is never set back
      Given a live session
      And a program that looks at its status all the time
      When its Edit task dies suddenly, and again once it is back
      Then another task serves the session at its own address, connected for updates
      And the session was active all the while
      And the customer is mailed the address of the preview, once

  Rule: What was asked is carried out exactly once, whatever dies meanwhile
    If broken (critical): a customer's change is lost or made twice, and nobody tells her.

    @criterion.persistence @needs.task-kill @needs.instructions
    Scenario: An instruction half carried out when its task dies is finished once, on another
      Given a live session
      When its Edit task dies at the first file that changes for: Change the heading to "Once and only once"
      Then another task serves the session at its own address, connected for updates
      And the home page of the preview says "Once and only once"
      And each instruction is one commit that names its thread and its session, in the order asked
      And the repository is sound, all of it committed and pushed

    @criterion.persistence @needs.task-kill @needs.instructions
    Scenario: Instructions are carried out exactly once although the Edit task dies among them
      Given a live session
      When its Edit task dies while the customer asks for one change after the other
      Then another task serves the session at its own address, connected for updates
      And each instruction is one commit that names its thread and its session, in the order asked
      And the home page of the preview says what was asked last
      And the repository is sound, all of it committed and pushed

    @criterion.persistence @needs.task-kill @needs.instructions
    Scenario: Instructions are carried out exactly once although Hermes dies among them
      Given a live session
      When Hermes dies while the customer asks for one change after the other
      Then each instruction is one commit that names its thread and its session, in the order asked
      And the home page of the preview says what was asked last
      And the same task serves the session at its own address, connected for updates

    @criterion.persistence @needs.task-kill
    Scenario: A session that was waking when Hermes died is woken once, by the next Hermes
      Given a waking session of a customer, begun with: Change the heading to "Awake all the same"
      When Hermes dies suddenly
      Then each instruction is one commit that names its thread and its session, in the order asked
      And the home page of the preview says "Awake all the same"
      And its task serves the session at its own address, connected for updates
      And exactly 1 session is on record for the client

    @criterion.persistence @needs.instructions @needs.deactivate
    Scenario: Whoever ends her session right after she has asked finds it done
      Given a live session
      When the customer asks for 5 changes, and ends the session at once
      Then the session ends as inactive
      And each instruction is one commit that names its thread and its session, in the order asked
      And the repository is sound, all of it committed and pushed

    @criterion.persistence
    Scenario: A Hermes that is told to stop while somebody is at work has another run
      Given a live session
      When Hermes is scaled to zero
      Then another Hermes is at work

    @criterion.persistence @needs.dead-letters
    Scenario: A command that fails again and again is put aside
      When an engineer looks up what becomes of a command that fails again and again
      Then it goes to the queue of dead letters

  Rule: The history only ever grows
    If broken (critical): what a customer once had cannot be brought back.

    @criterion.persistence @needs.instructions
    Scenario: Every instruction is one commit of its own files, pushed to the site's remote
      Given a live session
      When the customer asks, one after the other:
        | instruction                                                                                |
        | Change the heading to "Fresh bread"                                                        |
        | Create a components/Opening.astro file                                                     |
        | Add a new page called "Our gâteaux, from the one with cherries to the one for your wedding" |
      Then each instruction is one commit that names its thread and its session, in the order asked
      And each of these changed its own file and no other:
        | instruction                                                                               | file                                                                       |
        | Change the heading to "Fresh bread"                                                       | src/pages/index.astro                                                      |
        | Create a components/Opening.astro file                                                    | src/components/Opening.astro                                               |
        | Add a new page called "Our gâteaux, from the one with cherries to the one for your wedding" | src/pages/our-gateaux-from-the-one-with-cherries-to-the-one-for-your-wedding.astro |
      And the session's record names the last of these commits
      And the repository is sound, all of it committed and pushed

  @needs.threads
  Rule: A thread goes on where it stopped
    If broken (serious): a customer who comes back does not find her last work, and begins again.

    @criterion.persistence @needs.deactivate
    Scenario: The next session goes on with the thread, its pages and its history
      Given a live session of a customer, begun with: Add a new page called "Kept for later"
      And the customer keeps a copy of her workspace
      And the session has ended and Edit has gone to zero
      When that customer starts with: Change the heading to "Second day"
      Then the preview is live within 60 seconds, connected for updates
      And the new session has the thread of the one before
      And the page "kept-for-later" of the preview says "Kept for later"
      And the home page of the preview says "Second day"
      And the customer's workspace is as it was, byte for byte, but for one commit that changes "src/pages/index.astro"
      And the repository is sound, all of it committed and pushed

    @criterion.persistence
    Scenario: A customer who names no thread goes on with her latest
      Given a waking session of a customer, begun with: Change the heading to "Spring"
      And a waking session of that customer, in another thread, begun with: Change the heading to "Summer"
      When that customer starts with: Change the heading to "Autumn"
      Then the new session has the thread of the one before

    @criterion.persistence
    Scenario: Two threads of one customer have a branch each, and do not mix
      Given a live session of a customer, begun with: Change the heading to "The summer menu"
      When that customer, in another thread, starts with: Change the heading to "The winter menu"
      Then the preview is live within 60 seconds, connected for updates
      And the home page of the preview says "The winter menu"
      And the home page of the first preview still says "The summer menu"
      And each thread has a branch with its own work and nothing of the other's

  Rule: A workspace left behind by a crash is opened as it is
    If broken (critical): after a crash a customer is locked out of her website, or finds it damaged.

    @criterion.persistence @needs.deactivate
    Scenario Outline: A workspace left with <damage> is opened, and nothing in it is lost
      Given a customer whose workspace was left with <damage>
      When that customer starts with: Create a components/Repaired.astro file
      Then the preview is live within 60 seconds, connected for updates
      And the customer's workspace is as it was, byte for byte, but for one commit that changes "src/components/Repaired.astro"

      Examples:
        | damage                 |
        | changes not committed  |
        | a forgotten index lock |
        | a half-written file    |
        | a detached head        |
