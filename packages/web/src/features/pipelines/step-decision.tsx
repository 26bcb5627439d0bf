// A step of a node's turn that waits for a person: repeat its call, or go on without.
import type { Step } from '@gathering/contract/agents';
import { decideStepRoute } from '@gathering/contract/agents-chats';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { Decision } from '../../ui/decision.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';

export function StepDecision({ step, turnId }: { readonly step: Step; readonly turnId: string }) {
  const may = useMay();
  const decide = useAct(decideStepRoute, {
    refreshes: ['pipelines.read-node-turn', 'pipelines.read-run', 'agents.read-turn'],
  });
  return (
    <>
      <Decision
        question={`The call of ${step.tool ?? 'this tool'} was cut off and may have had its effect already.`}
        isBusy={decide.isPending}
        onDecide={
          may('agents.write')
            ? (decision) => decide.mutate({ params: { id: turnId, index: step.index }, body: { decision } })
            : null
        }
      />
      {decide.error && <ErrorBox error={decide.error} />}
    </>
  );
}
