// The run as a whole, beside its graph: how it went, what it was given, what came out.
import type { Run } from '@gathering/contract/pipelines';
import { Download, Maximize } from 'lucide-react';
import { useAddress } from '../../lib/address.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { MarkdownView } from '../../ui/markdown-view.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { reportOfRun } from './read-step.ts';
import { RunErrorNote } from './run-error-note.tsx';

function downloadReport(text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }));
  link.download = 'review.md';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function ReportActions({ report }: { readonly report: string }) {
  return (
    <>
      <CopyButton text={report} name="Copy the report" />
      <Button icon={Download} aria-label="Download review.md" onClick={() => downloadReport(report)}>
        review.md
      </Button>
    </>
  );
}

function whyEmpty(run: Run): string {
  if (run.status === 'completed') return 'Its last nodes made no text. See Output.';
  if (run.endedAt !== null) return 'This run did not complete, so there is no report.';
  return 'The report appears here when the run completes. Choose a node to see what it does.';
}

interface JsonPartProps {
  readonly value: Run['input'];
  readonly root: string;
  readonly empty: string;
}

function JsonPart({ value, root, empty }: JsonPartProps) {
  return (
    <div className="p-3">
      {value === null ? <p className="text-sm text-ink-3">{empty}</p> : <JsonTree value={value} root={root} />}
    </div>
  );
}

interface RunSummaryProps {
  readonly run: Run;
  readonly onNode: (nodeId: string) => void;
  readonly onReport: () => void;
}

export function RunSummary({ run, onNode, onReport }: RunSummaryProps) {
  const [tab, setTab] = useAddress('tab');
  const report = reportOfRun(run);
  const usual = report === null && run.output !== null ? 'output' : 'report';
  const shown = tab === 'input' || tab === 'output' || tab === 'report' ? tab : usual;
  return (
    <section aria-label="The run" className="flex min-h-0 flex-1 flex-col">
      {run.error && (
        <div className="p-3 pb-0">
          <RunErrorNote error={run.error} onNode={onNode} />
        </div>
      )}
      <Tabs
        value={shown}
        onChange={setTab}
        label="Of this run"
        items={[
          {
            value: 'report',
            label: 'Report',
            content:
              report === null ? (
                <p className="p-3 text-sm text-ink-3">{whyEmpty(run)}</p>
              ) : (
                <article className="flex flex-col gap-3 p-3">
                  <h2 className="sr-only">Report</h2>
                  <div className="flex items-center gap-1.5">
                    <Button look="primary" icon={Maximize} onClick={onReport}>
                      Read
                    </Button>
                    <ReportActions report={report} />
                  </div>
                  <MarkdownView text={report} />
                </article>
              ),
          },
          {
            value: 'input',
            label: 'Input',
            content: <JsonPart value={run.input} root="input" empty="It was given nothing." />,
          },
          {
            value: 'output',
            label: 'Output',
            content: <JsonPart value={run.output} root="output" empty="Nothing yet." />,
          },
        ]}
      />
    </section>
  );
}
