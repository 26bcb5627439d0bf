// Writes what the filters let through to a file of JSON lines on the reader's machine.
import { type AuditFilter, exportAuditRoute } from '@gathering/contract/audit';
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { call } from '../../lib/client.ts';
import { Button } from '../../ui/button.tsx';
import { tellError } from '../../ui/toast.tsx';

async function saveExport(filter: AuditFilter): Promise<void> {
  const stream = await call(exportAuditRoute, { query: filter });
  // The browser keeps a large one on its disk.
  const address = URL.createObjectURL(await new Response(stream).blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = 'audit.jsonl';
  link.click();
  // Not before the browser has begun to save it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function ExportButton({ filter }: { readonly filter: AuditFilter }) {
  const save = useMutation({ mutationFn: () => saveExport(filter), onError: tellError });
  return (
    <Button icon={Download} busy={save.isPending} onClick={() => save.mutate()}>
      Export
    </Button>
  );
}
