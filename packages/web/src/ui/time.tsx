// Times as people read them: how long ago, with the exact instant on hover; durations that tick while they last.
import { elapsedOf, formatDuration, formatExact, formatRelative } from '../lib/format.ts';
import { useNow } from '../lib/now.ts';

export function Ago({ at }: { readonly at: string }) {
  const now = useNow('slow');
  return (
    <time dateTime={at} title={formatExact(at)} className="whitespace-nowrap tabular-nums">
      {formatRelative(at, now)}
    </time>
  );
}

interface ElapsedProps {
  readonly from: string | null;
  readonly to: string | null;
  readonly isRunning?: boolean;
}

export function Elapsed({ from, to, isRunning = to === null }: ElapsedProps) {
  const now = useNow(from !== null && to === null && isRunning ? 'second' : 'still');
  const elapsed = to === null && !isRunning ? null : elapsedOf(from, to, now);
  if (elapsed === null) return null;
  const text = to === null && elapsed < 60_000 ? `${Math.floor(elapsed / 1000)} s` : formatDuration(elapsed);
  return <span className="whitespace-nowrap tabular-nums">{text}</span>;
}
