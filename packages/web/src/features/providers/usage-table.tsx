// Tokens and cost by day and model.
import { readUsageRoute } from '@gathering/contract/providers';
import { formatCount, formatDate, formatMoney } from '../../lib/format.ts';
import { useRead } from '../../lib/query.ts';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Panel } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';

export function UsageTable() {
  const usage = useRead(readUsageRoute, { query: { days: 30 } });
  if (usage.isPending) return <SkeletonRows rows={3} />;
  if (!usage.data) return <ErrorBox error={usage.error} onRetry={() => void usage.refetch()} />;
  if (usage.data.items.length === 0)
    return (
      <p className="rounded-lg border border-dashed border-line px-4 py-3 text-sm text-ink-3">
        No model was called yet.
      </p>
    );
  return (
    <Panel>
      <table className="w-full text-sm tabular-nums">
        <thead className="border-b border-line text-left text-xs text-ink-3">
          <tr className="h-8">
            <th className="pl-4 font-normal">Day</th>
            <th className="font-normal">Model</th>
            <th className="text-right font-normal">Calls</th>
            <th className="text-right font-normal">Tokens in</th>
            <th className="text-right font-normal">Tokens out</th>
            <th className="pr-4 text-right font-normal">Cost</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {usage.data.items.map((row) => (
            <tr key={`${row.day} ${row.provider} ${row.model}`} className="h-9">
              <td className="pl-4">{formatDate(row.day)}</td>
              <td className="font-mono text-xs">
                {row.provider} / {row.model}
              </td>
              <td className="text-right">{formatCount(row.calls)}</td>
              <td className="text-right">{formatCount(row.inputTokens)}</td>
              <td className="text-right">{formatCount(row.outputTokens)}</td>
              <td className="pr-4 text-right">{formatMoney(row.costUsd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
