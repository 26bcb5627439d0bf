import type { Json } from '@gathering/contract/json';

/** As a parameter for a column that holds JSON; null is that of the database. */
export const jsonText = (value: Json): string | null => (value === null ? null : JSON.stringify(value));
