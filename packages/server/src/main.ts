// The entry of the program: the only place that reads the environment.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded: what was compiled once, types stripped, is kept beside the dashboard's build, and a start
// takes half the time. Where the folder cannot be written nothing is kept.
enableCompileCache(fileURLToPath(new URL('../../../.cache/compile', import.meta.url)));

const { runProgram } = await import('./cli/gathering.ts');
await runProgram(process.argv.slice(2), process.env);
