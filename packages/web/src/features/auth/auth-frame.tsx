// The plain frame of the pages before signing in.
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Mark } from '../../shell/mark.tsx';

export function AuthFrame({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · GatheRing`;
  }, [title]);
  return (
    <main className="flex h-full items-start justify-center overflow-y-auto bg-canvas px-4 py-[12vh]">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-2">
          <Mark size={26} />
          <span className="text-lg font-semibold tracking-tight">GatheRing</span>
        </div>
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        <p className="mt-1 mb-5 text-sm text-ink-2">{lead}</p>
        {children}
      </div>
    </main>
  );
}
