// The entry of the program: the only place that reads the environment.
import { runProgram } from './cli/gathering.ts';

await runProgram(process.argv.slice(2), process.env);
