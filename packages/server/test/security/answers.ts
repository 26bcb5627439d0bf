// What every answer must be, whatever was asked: no fault of this server, nothing of its inside, and a refusal in the one form.

import { fileURLToPath } from 'node:url';
import { errorCatalogue, errorCodes, problemSchema } from '@gathering/contract/errors';

const repository = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');

/** Stack traces, places of our sources, words of the database. */
const inside = [
  /\n\s+at .+[:(]/,
  /node:internal/,
  /node_modules/,
  new RegExp(repository.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')),
  /\bsyntax error at or near\b|\bunterminated quoted string\b|\binvalid input syntax\b|\brelation "|SQLSTATE/i,
  /\bat Object\.|\bTypeError\b|\bReferenceError\b|\bRangeError\b/,
];

/** What is wrong with the answer; empty: nothing. `asked` may be quoted in it. */
export function faultsOf(status: number, type: string | null, text: string, asked = ''): string[] {
  const faults: string[] = [];
  const quoted = asked === '' ? text : text.replaceAll(JSON.stringify(asked).slice(1, -1), '');
  for (const pattern of inside) if (pattern.test(quoted)) faults.push(`shows its inside: ${pattern}`);
  if (status >= 200 && status < 300) return faults;
  if (status < 400) faults.push(`answered ${status}`);
  if (!type?.startsWith('application/problem+json')) return [...faults, `is ${type}, no problem+json`];
  const parsed = problemSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return [...faults, `is no problem of the contract: ${parsed.error.message}`];
  const { code } = parsed.data;
  if (!errorCodes.includes(code)) faults.push(`has the unknown code ${code}`);
  if (errorCatalogue[code].status !== status) faults.push(`has the code ${code} and the status ${status}`);
  if (errorCatalogue[code].kind === 'bug') faults.push(`is a bug: ${text}`);
  return faults;
}
