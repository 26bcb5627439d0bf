// The real program with the built dashboard, and a real browser in front of it: one of each for a test file. Every page
// notes what a person would find in the browser's console, and a test that leaves a note unexplained fails.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loginRoute, type Session } from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import type { Database } from '../../server/src/platform/db/database.ts';
import { type Api, withToken } from '../../server/test/api.ts';
import { type OpenedBrowser, openBrowser } from '../../server/test/browser.ts';
import { openPlace } from '../../server/test/db.ts';
import {
  type Environment,
  environmentOf,
  owner,
  type RunningProgram,
  startProgram,
} from '../../server/test/server-process.ts';
import { waitFor } from '../../server/test/wait-for.ts';

export interface DashboardOptions {
  /** False: a folder without anything, as on the very first start. */
  readonly hasOwner?: boolean;
  readonly env?: () => Environment | Promise<Environment>;
  /** Puts rows into the database before the server is started. */
  readonly prepare?: (database: Database) => Promise<void>;
}

export interface PageOptions extends BrowserContextOptions {
  readonly signedIn?: boolean;
}

export interface Dashboard {
  /** Where it is; a restarted one is there again. */
  readonly url: string;
  /** What the server printed since it was started. */
  readonly printed: string;
  /** The API with the owner's token, as the pages that are signed in use it. */
  readonly api: Api;
  openPage(options?: PageOptions): Promise<Page>;
  /** As a power cut. */
  kill(): Promise<void>;
  /** On the same folder and port. */
  restart(): Promise<void>;
  /** Notes so far that match are as they should be; the others still fail the test. */
  expectNotes(pattern: RegExp): void;
}

/** Call it once, in the body of a file. */
export function dashboardOfFile({ hasOwner = true, env = () => ({}), prepare }: DashboardOptions = {}): Dashboard {
  let folder = '';
  let url = '';
  let settings: Environment = {};
  let server: RunningProgram;
  let opened: OpenedBrowser;
  let session: Session;
  let cookie = '';
  const notes: string[] = [];
  const contexts: BrowserContext[] = [];

  const launch = async (port: string): Promise<void> => {
    const unattended = hasOwner && {
      GATHERING_OWNER_EMAIL: owner.email,
      GATHERING_OWNER_PASSWORD: owner.password,
    };
    const place = { dataDir: folder, databaseUrl: undefined };
    server = startProgram(['serve'], environmentOf(place, { PORT: port, ...unattended, ...settings }));
    url = await whenServed(server);
  };
  beforeAll(async () => {
    const { folder: below, embeddedImage } = inject('databases');
    folder = await mkdtemp(join(below, 'dashboard-'));
    if (hasOwner) await cp(embeddedImage, folder, { recursive: true });
    settings = await env();
    if (prepare) {
      const database = await openPlace({ kind: 'embedded', dataDir: folder, databaseUrl: undefined });
      await prepare(database).finally(() => database.close());
    }
    [opened] = await Promise.all([openBrowser(), launch('0')]);
    if (!hasOwner) return;
    session = await createClient({ baseUrl: url })(loginRoute, { body: owner });
    cookie = await signInBrowser(url);
  });
  afterAll(async () => {
    await opened?.close();
    await server?.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  afterEach(async ({ task }) => {
    const hasFailed = task.result?.state === 'fail';
    for (const page of hasFailed ? contexts.flatMap((context) => context.pages()) : []) await tellWhatIsShown(page);
    for (const context of contexts.splice(0)) await context.close();
    const unexplained = notes.splice(0);
    if (!hasFailed) expect(unexplained).toEqual([]);
  });
  return {
    get url() {
      return url;
    },
    get printed() {
      return server.stdout();
    },
    get api() {
      return withToken(url, session.accessToken);
    },
    openPage: async ({ signedIn = hasOwner, ...options } = {}) => {
      const context = await opened.browser.newContext({
        baseURL: url,
        viewport: { width: 1280, height: 800 },
        reducedMotion: 'reduce',
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(60_000);
      if (signedIn) {
        const [name = '', value = ''] = cookie.split('=');
        await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Lax' }]);
        await context.addInitScript(`localStorage['gathering.signed-in'] ??= '1'`);
      }
      const page = await context.newPage();
      noteFaults(page, notes);
      return page;
    },
    kill: () => server.kill(),
    restart: () => launch(new URL(url).port),
    expectNotes: (pattern) => {
      const others = notes.filter((note) => !pattern.test(note));
      notes.splice(0, notes.length, ...others);
    },
  };
}

/** The cookie that the server sets, as `name=value`. */
export async function signInBrowser(url: string): Promise<string> {
  const reply = await fetch(`${url}/api/auth/browser-login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(owner),
  });
  expect(reply.status).toBe(200);
  return reply.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** What the one who mends the test wants to know first. */
async function tellWhatIsShown(page: Page): Promise<void> {
  process.stderr.write(`${page.url()}\n${await page.locator('body').ariaSnapshot()}\n`);
}

/** A violation of the policy on content is an error in the console too. */
function noteFaults(page: Page, notes: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') notes.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => notes.push(`thrown: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // The page itself gives up what it no longer needs.
    if (reason !== 'net::ERR_ABORTED') notes.push(`failed: ${request.method()} ${request.url()} ${reason}`);
  });
}

async function whenServed(server: RunningProgram): Promise<string> {
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  return waitFor('the dashboard to be served', async () => {
    const url = /GatheRing is ready at (\S+)/.exec(server.stdout())?.[1];
    if (hasEnded) throw new Error(`The server ended.\n${server.stdout()}${server.stderr()}`);
    return url !== undefined && (await fetch(url)).ok && url;
  });
}
