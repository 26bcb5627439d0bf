// Recovery codes, shown once: to be copied, saved or written down.
import { Download } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';

function download(codes: readonly string[]): void {
  const text = `Recovery codes of GatheRing at ${location.origin}\nEach works once.\n\n${codes.join('\n')}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'gathering-recovery-codes.txt';
  link.click();
  URL.revokeObjectURL(url);
}

export function RecoveryCodes({ codes }: { readonly codes: readonly string[] }) {
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-ink-2">
        Without the app each of these signs you in once. They are shown only now: keep them where you keep what you must
        not lose, not on the device with the app.
      </p>
      <ul
        aria-label="Recovery codes"
        className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-md border border-line bg-sunken p-3 font-mono text-xs"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex items-center gap-2">
        <Button icon={Download} onClick={() => download(codes)}>
          Save as a file
        </Button>
        <CopyButton text={codes.join('\n')} name="Copy all codes" />
      </div>
    </div>
  );
}
