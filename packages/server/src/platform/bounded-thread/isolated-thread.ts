// A bounded thread in a process of its own: whatever a request does to it, the server goes on. The process is
// started when it is first needed, keeps no program alive and ends with the one that started it.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BoundedAnswer } from './bounded-thread.ts';

export interface HostRequest {
  readonly id: number;
  readonly request: unknown;
}
export interface HostAnswer {
  readonly id: number;
  readonly answer: BoundedAnswer<unknown>;
}

interface Waiting<Part> {
  readonly request: unknown;
  readonly resolve: (answer: BoundedAnswer<Part>) => void;
}

const host = fileURLToPath(new URL('./thread-host.ts', import.meta.url));

export class IsolatedThread<Request, Part> {
  readonly #file: URL;
  readonly #limitMs: number;
  /** In the order in which they were asked, which is the order in which they are worked on. */
  readonly #waiting = new Map<number, Waiting<Part>>();
  #child: ChildProcess | null = null;
  #lastId = 0;

  /** As `BoundedThread`. */
  constructor(file: URL, limitMs: number) {
    this.#file = file;
    this.#limitMs = limitMs;
  }

  /** Never rejects: what went wrong is in the answer. */
  ask(request: Request): Promise<BoundedAnswer<Part>> {
    return new Promise((resolve) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { request, resolve });
      this.#send(this.#lastId, request);
    });
  }

  #send(id: number, request: unknown): void {
    const child = this.#child ?? this.#start();
    child.ref();
    child.channel?.ref();
    const message: HostRequest = { id, request };
    try {
      // Told as an error of the child when it cannot be delivered; its end is handled below.
      child.send(message, () => undefined);
    } catch (error) {
      // What cannot be sent to a process, a function for example, concerns this request only.
      this.#finish(id, {
        parts: [],
        failure: `it could not be worked out: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }

  #start(): ChildProcess {
    // Flags of the program may be about its main module, and its environment holds secrets.
    const child = fork(host, [this.#file.href, String(this.#limitMs)], {
      execArgv: [],
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', ({ id, answer }: HostAnswer) => {
      this.#finish(id, answer as BoundedAnswer<Part>);
      if (answer.isStuck) this.#abandon(child);
    });
    child.on('error', () => child.kill('SIGKILL'));
    child.once('exit', () => this.#replace(child));
    return child;
  }

  #finish(id: number, answer: BoundedAnswer<Part>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) {
      this.#child?.unref();
      this.#child?.channel?.unref();
    }
    waiting?.resolve(answer);
  }

  /** It ends itself; those that wait begin anew in another one. */
  #abandon(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    child.unref();
    child.channel?.unref();
    for (const [id, { request }] of this.#waiting) this.#send(id, request);
  }

  /** It died of what it worked on, the oldest request; the others begin anew in another one. */
  #replace(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    const [culprit] = this.#waiting.keys();
    if (culprit === undefined) return;
    this.#finish(culprit, { parts: [], failure: 'it needs too much memory and was cut off; make it simpler' });
    for (const [id, { request }] of this.#waiting) this.#send(id, request);
  }
}
