// A column that holds sealed secrets, as its feature offers it to whoever seals everything anew under another key.
// Every such column is one line in `boot/sealed-places.ts`.
import type { Tx } from './db/database.ts';

export interface SealedValue {
  /** Of the row. */
  readonly id: string;
  readonly sealed: string;
  /** What it was sealed for. */
  readonly context: string;
}

export interface SealedPlace {
  /** `<schema>.<table>.<column>`. */
  readonly name: string;
  /** Those with a value, after a row, in the order of their ids; locked until the transaction ends. */
  select(tx: Tx, afterId: string | null, limit: number): Promise<SealedValue[]>;
  update(tx: Tx, values: readonly { readonly id: string; readonly sealed: string }[]): Promise<void>;
}
