// Is what I see live? Live is quiet; catching up says how far behind; offline says when it tries again.
import { LoaderCircle, WifiOff } from 'lucide-react';
import { formatDuration } from '../lib/format.ts';
import { useNow } from '../lib/now.ts';
import { type Connection, connection, retryNow } from '../lib/socket.ts';
import { useStore } from '../lib/store.ts';
import { Hint } from '../ui/hint.tsx';

function wordsFor(now: Connection): string {
  if (now.state !== 'catching-up') return 'Connecting';
  return now.behindMs > 1000 ? `Catching up, ${formatDuration(now.behindMs)} behind` : 'Catching up';
}

export function ConnectionState() {
  const now = useStore(connection);
  const clock = useNow(now.state === 'offline' ? 'second' : 'still');
  return (
    <div role="status" className="flex items-center">
      {now.state === 'live' && (
        <Hint text="Connected: changes appear as they happen">
          <span className="inline-flex h-8 items-center gap-1.5 px-2 text-xs text-ink-2">
            <span aria-hidden className="size-1.5 rounded-full bg-good" />
            Live
          </span>
        </Hint>
      )}
      {(now.state === 'connecting' || now.state === 'catching-up') && (
        <span className="inline-flex h-8 items-center gap-1.5 px-2 text-xs text-running">
          <LoaderCircle size={12} aria-hidden className="animate-spin" />
          {wordsFor(now)}
        </span>
      )}
      {now.state === 'offline' && (
        <Hint text="What you see is the last known state. Press to try now.">
          <button
            type="button"
            onClick={retryNow}
            className="inline-flex h-7 items-center gap-1.5 rounded-md bg-warn-soft px-2 text-xs font-medium text-warn"
          >
            <WifiOff size={12} aria-hidden />
            Offline, retry in {Math.max(0, Math.ceil((now.retryAt - clock) / 1000))} s
          </button>
        </Hint>
      )}
    </div>
  );
}
