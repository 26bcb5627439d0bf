// What the product promises to whoever uses it. Each promise is held by at least one test, which says so in its title or in a
// comment with `promise: <id>`; promises.test.ts fails on one that no test cites.

export interface ProductPromise {
  id: string;
  sentence: string;
}

export const productPromises: readonly ProductPromise[] = [
  {
    id: 'no-unknown-field',
    sentence:
      'What you send is taken as you meant it or refused: a field that we do not know is never dropped in silence.',
  },
  {
    id: 'survives-kill',
    sentence: 'A run outlives its process: killed at any moment and started again it goes on by itself.',
  },
  {
    id: 'background-run-survives-kill',
    sentence:
      'A background run goes on from its last step after a kill, and no model is asked again for what it has answered.',
  },
  {
    id: 'node-settled-once',
    sentence: 'A node that has ended never works again: it is settled once, and told once.',
  },
  {
    id: 'unsafe-waits-for-a-person',
    sentence: 'What may have had its effect when it was cut off is never repeated unless a person says so.',
  },
  {
    id: 'start-once',
    sentence: 'A run that is asked for again with the same idempotency key is the same run.',
  },
  {
    id: 'webhook-once',
    sentence: 'A signed webhook starts one run, however often and by whomever it is sent again.',
  },
  {
    id: 'approval-as-shown',
    sentence: 'An approval is for exactly what was shown, counts once, and is given by those alone who were asked.',
  },
  {
    id: 'list-within-limit',
    sentence:
      'Each item of a list is worked on once, never more at a time than is said, also when the server is killed.',
  },
  {
    id: 'branches-at-the-same-time',
    sentence: 'Parallel branches of a pipeline work at the same time.',
  },
  {
    id: 'cancel-stops-at-once',
    sentence: 'A run that is cancelled stops at once and stays cancelled.',
  },
  {
    id: 'pause-holds-still',
    sentence: 'A paused run begins nothing further, over restarts too, and goes on where it was.',
  },
  {
    id: 'retry-keeps-what-ended',
    sentence: 'A run that is retried goes on from where it stopped, and what has ended is not done again.',
  },
  {
    id: 'runs-take-turns',
    sentence: 'Runs with one concurrency key take turns in their order, and none is refused.',
  },
  {
    id: 'crowds-hold-nobody-back',
    sentence: 'A crowd of nodes of one run does not hold back another run, and nothing waits for ever.',
  },
  {
    id: 'drain-loses-nothing',
    sentence: 'A server that is told to end finishes what is short, hands on the rest and tells its clients.',
  },
  {
    id: 'socket-log-equals-database',
    sentence: 'A browser that reconnects has heard every stored event, once and in order.',
  },
  {
    id: 'answers-are-streamed',
    sentence: 'An answer is shown while it is written, with the tools that it calls.',
  },
  {
    id: 'no-way-in-without-sign-in',
    sentence: 'Nobody reads or changes anything without being signed in.',
  },
  {
    id: 'revoked-at-once',
    sentence:
      'Who is signed out, revoked or disabled is refused with the next request, within a second on every other instance, and loses the socket.',
  },
  {
    id: 'bad-input-writes-nothing',
    sentence: 'Input that cannot be taken is refused with its code and its place, and nothing is written.',
  },
  {
    id: 'second-process-refused',
    sentence: 'Two processes never work on one data folder.',
  },
  {
    id: 'refused-start-changes-nothing',
    sentence: 'A start that is refused says why in a sentence and changes nothing.',
  },
  {
    id: 'faults-with-line-and-column',
    sentence: 'A pipeline file is refused with all of its faults, each with line and column.',
  },
  {
    id: 'command-goes-on',
    sentence: 'A command that was cut off goes on with the same run when it is given again.',
  },
  {
    id: 'command-works-through-server',
    sentence: 'Where a server holds the data folder, a command works through it.',
  },
  {
    id: 'offline-needs-nothing',
    sentence: 'Without an account, a key, a network or a database server the product runs and is useful.',
  },
  {
    id: 'chat-streams',
    sentence: 'In the dashboard an answer appears word by word with its tool calls, and is the same after a reload.',
  },
  {
    id: 'first-start-by-link',
    sentence: 'The first start prints a one-time link by which the owner sets a password and comes in.',
  },
  {
    id: 'editor-by-keyboard',
    sentence: 'A pipeline can be drawn, mended, saved and run without a mouse.',
  },
  {
    id: 'review-in-browser',
    sentence: 'In a browser the shipped review is started, watched to its end and read with file and line.',
  },
  {
    id: 'open-tab-survives-kill',
    sentence: 'A run view that is open while the server dies says so, and shows the rest when it is back.',
  },
  {
    id: 'schedules-receipts',
    sentence: 'Every instant of a schedule has one receipt: it ran, or it was skipped and says why.',
  },
];
