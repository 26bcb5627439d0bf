// What waits for a decision: first what the reader may decide, with the exact values; on demand what others decide and what is
// decided.
import { listApprovalsRoute, readApprovalRoute } from '@gathering/contract/approvals';
import { Stamp } from 'lucide-react';
import type { ReactNode } from 'react';
import { useAddress } from '../../lib/address.ts';
import { usePages, useRead } from '../../lib/query.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { ApprovalCard } from './approval-card.tsx';

const shows = ['mine', 'open', 'decided'] as const;

function Cards({ children }: { readonly children: ReactNode }) {
  return <div className="flex max-w-3xl flex-col items-stretch gap-3 px-6 pb-6">{children}</div>;
}

function One({ id, onAll }: { readonly id: string; readonly onAll: () => void }) {
  const approval = useRead(readApprovalRoute, { params: { id } });
  if (approval.isPending) return <SkeletonRows rows={4} />;
  if (!approval.data) return <PageError error={approval.error} onRetry={() => void approval.refetch()} />;
  return (
    <Cards>
      <ApprovalCard approval={approval.data} />
      <Button className="self-start" onClick={onAll}>
        See all
      </Button>
    </Cards>
  );
}

function Listed({ show, onShow }: { readonly show: (typeof shows)[number]; readonly onShow: (show: string) => void }) {
  const list = usePages(listApprovalsRoute, { query: { show } }, { limit: 20 });
  if (list.isPending) return <SkeletonRows />;
  if (!list.data) return <PageError error={list.error} onRetry={() => void list.refetch()} />;
  if (list.items.length === 0)
    return (
      <EmptyState
        icon={Stamp}
        title={show === 'decided' ? 'Nothing is decided yet' : 'Nothing waits for you'}
        action={
          show === 'mine' ? (
            <Button onClick={() => onShow('decided')}>See what was decided</Button>
          ) : (
            <LinkButton to="/pipelines">Open the pipelines</LinkButton>
          )
        }
      >
        A node of the type Approval in a pipeline asks people before the run goes on. It arrives here with the exact
        values.
      </EmptyState>
    );
  return (
    <Cards>
      {list.items.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
      {list.hasNextPage && (
        <Button className="self-start" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Earlier ones
        </Button>
      )}
    </Cards>
  );
}

export function ApprovalsPage() {
  const [asked, setShow] = useAddress('show');
  const [chosen, setChosen] = useAddress('approval');
  const show = shows.find((one) => one === asked) ?? 'mine';
  return (
    <Page
      title="Approvals"
      lead="What waits for a decision, with exactly what is decided on."
      filters={
        chosen === null && (
          <FilterChip
            name="Show"
            value={show === 'mine' ? null : show}
            onChange={setShow}
            options={[
              { value: 'open', label: 'All open ones' },
              { value: 'decided', label: 'Decided' },
            ]}
          />
        )
      }
    >
      {chosen === null ? (
        <Listed key={show} show={show} onShow={setShow} />
      ) : (
        <One id={chosen} onAll={() => setChosen(null)} />
      )}
    </Page>
  );
}
