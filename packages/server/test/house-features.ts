// The features of this house, as the table of who may call whom names them: the rules of imports are its only list.
import { createRequire } from 'node:module';

interface Rules {
  forbidden: { name: string }[];
}

const rules: Rules = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs');

const prefix = 'feature-';

export const features: readonly string[] = rules.forbidden
  .filter(({ name }) => name.startsWith(prefix))
  .map(({ name }) => name.slice(prefix.length));

export const ruleNames: readonly string[] = rules.forbidden.map(({ name }) => name);
