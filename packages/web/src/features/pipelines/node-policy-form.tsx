// What is done when a node fails: further tries, its time, and where an error leads. Closed while a node says nothing of it.
import { typesWithoutPolicy } from '@gathering/contract/check-policy';
import type { Fault } from '@gathering/contract/errors';
import { nodeSchema, type PipelineNode } from '@gathering/contract/pipeline-definition';
import { useMemo } from 'react';
import { fieldOfZod } from '../../lib/schema-fields.ts';
import { type FormContext, SchemaForm } from '../../ui/schema-form.tsx';
import type { Edit, Policy } from './edit-graph.ts';
import { faultsByPath } from './faults-of-node.ts';

const policySchema = nodeSchema.pick({ retry: true, timeoutSeconds: true, onError: true });
const field = fieldOfZod(policySchema);

interface NodePolicyFormProps {
  readonly node: PipelineNode;
  readonly faults: readonly Fault[];
  readonly dispatch: (edit: Edit) => void;
}

export function NodePolicyForm({ node, faults, dispatch }: NodePolicyFormProps) {
  const found = useMemo(() => faultsByPath(faults, 'policy'), [faults]);
  if (typesWithoutPolicy.includes(node.type) || field.kind !== 'group') return null;
  const { retry, timeoutSeconds, onError } = node;
  const isSet = retry !== undefined || timeoutSeconds !== undefined || onError !== undefined;
  const context: FormContext = { faultOf: (path) => found.get(path) };
  return (
    <details open={isSet || undefined} className="border-t border-line pt-3">
      <summary className="cursor-pointer text-sm font-medium">When it fails</summary>
      <div className="flex flex-col gap-4 pt-3">
        <SchemaForm
          fields={field.fields}
          value={{ retry, timeoutSeconds, onError }}
          onChange={(policy) => dispatch({ do: 'set-policy', id: node.id, policy: policy as Policy })}
          context={context}
        />
      </div>
    </details>
  );
}
