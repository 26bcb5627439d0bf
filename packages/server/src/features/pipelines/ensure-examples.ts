// Loads the examples that ship, each once: one that a person removed or changed is not brought back.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ctx } from '../../ctx.ts';
import { parseDefinition } from './parse-definition.ts';
import { addPipeline } from './service.ts';
import { readKnownNames } from './start-run.ts';
import { claimExample } from './store/pipelines.ts';

/** Does nothing for examples that were loaded before. Throws when one that ships has a fault. */
export async function ensureExamplePipelines(ctx: Ctx, folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  const known = await readKnownNames(ctx);
  const definitions = await Promise.all(
    names.map(async (name) => {
      const { definition, faults } = parseDefinition(await readFile(join(folder, name), 'utf8'), known);
      if (definition === null || faults.length > 0)
        throw new Error(`The example ${name} has faults: ${faults.map((fault) => fault.message).join(' ')}`);
      return definition;
    }),
  );
  await ctx.tx(async (tx) => {
    for (const definition of definitions) {
      if (!(await claimExample(tx, definition.name, ctx.clock.now()))) continue;
      await addPipeline(ctx, tx, definition, { example: true });
    }
  });
}
