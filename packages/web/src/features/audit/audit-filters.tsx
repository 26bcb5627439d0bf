// What the audit page shows, kept in the address: who, what, to what, with which result, and when.
import { type AuditEntry, type AuditFilter, auditResults } from '@gathering/contract/audit';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { formatExact } from '../../lib/format.ts';
import { FilterChip } from '../../ui/filter-chip.tsx';
import type { Option } from '../../ui/select.tsx';
import { lookOf } from '../../ui/state-badge.tsx';
import type { NameOf } from './people.ts';

const hourMs = 3_600_000;
const times: readonly [hours: number, words: string][] = [
  [1, 'an hour ago'],
  [24, 'a day ago'],
  [7 * 24, '7 days ago'],
  [30 * 24, '30 days ago'],
];

export interface AuditFilters {
  readonly filter: AuditFilter;
  readonly isFiltered: boolean;
  readonly set: Readonly<Record<keyof AuditFilter, (value: string | null) => void>>;
  /** Shows all that has this, whatever else was chosen. */
  only(name: 'actor' | 'object', value: string): void;
  clear(): void;
}

/** An instant of somebody's making in the address is left out, not sent to be refused. */
const instant = (text: string | null) =>
  text !== null && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined;

export function useAuditFilters(): AuditFilters {
  const [action, setAction] = useAddress('action');
  const [actor, setActor] = useAddress('actor');
  const [object, setObject] = useAddress('object');
  const [result, setResult] = useAddress('result');
  const [from, setFrom] = useAddress('from');
  const [to, setTo] = useAddress('to');
  const [, setSearch] = useSearchParams();
  const filter = useMemo(
    (): AuditFilter => ({
      action: action ?? undefined,
      actor: actor ?? undefined,
      object: object ?? undefined,
      result: auditResults.find((one) => one === result),
      from: instant(from),
      to: instant(to),
    }),
    [action, actor, object, result, from, to],
  );
  const set = { action: setAction, actor: setActor, object: setObject, result: setResult, from: setFrom, to: setTo };
  return {
    filter,
    set,
    isFiltered: Object.values(filter).some((value) => value !== undefined),
    // At once: changes of the address one after the other would not see each other.
    only: (name, value) => setSearch({ [name]: value }, { replace: true }),
    clear: () => setSearch({}, { replace: true }),
  };
}

/** What the latest entries hold, and what is chosen though they do not. */
function optionsOf(chosen: string | undefined, seen: readonly (string | null)[], nameOf?: NameOf): Option[] {
  const all = new Set(seen.filter((one) => one !== null));
  if (chosen !== undefined) all.add(chosen);
  const options = [...all].map((value) => ({ value, label: nameOf?.(value) ?? value }));
  return options.sort((a, b) => a.label.localeCompare(b.label));
}

function timeOptions(chosen: string | undefined): Option[] {
  // To the minute, so that what the menu offers stays the same while it is open.
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const options = times.map(([hours, label]) => ({ value: new Date(now - hours * hourMs).toISOString(), label }));
  return chosen === undefined ? options : [{ value: chosen, label: formatExact(chosen) }, ...options];
}

interface AuditFilterChipsProps {
  readonly filters: AuditFilters;
  /** Unfiltered: from one action the menu leads to another. */
  readonly latest: readonly AuditEntry[];
  readonly nameOf: NameOf;
}

export function AuditFilterChips({ filters: { filter, set }, latest, nameOf }: AuditFilterChipsProps) {
  return (
    <>
      <FilterChip
        name="Action"
        value={filter.action ?? null}
        onChange={set.action}
        options={optionsOf(
          filter.action,
          latest.map((entry) => entry.action),
        )}
      />
      <FilterChip
        name="Who"
        value={filter.actor ?? null}
        onChange={set.actor}
        options={optionsOf(
          filter.actor,
          latest.map((entry) => entry.actor),
          nameOf,
        )}
      />
      <FilterChip
        name="To what"
        value={filter.object ?? null}
        onChange={set.object}
        options={optionsOf(
          filter.object,
          latest.map((entry) => entry.object),
          nameOf,
        )}
      />
      <FilterChip
        name="Result"
        value={filter.result ?? null}
        onChange={set.result}
        options={auditResults.map((value) => ({ value, label: lookOf(value).word }))}
      />
      <FilterChip name="Since" value={filter.from ?? null} onChange={set.from} options={timeOptions(filter.from)} />
      <FilterChip name="Until" value={filter.to ?? null} onChange={set.to} options={timeOptions(filter.to)} />
    </>
  );
}
