// The frame around every page of a signed-in person. It owns the connection and the keys that work everywhere.
import { listApprovalsRoute } from '@gathering/contract/approvals';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Navigate, Outlet, useLocation, useNavigate, useNavigation } from 'react-router';
import { tellFailedRuns } from '../features/pipelines/own-runs.ts';
import { keepFresh } from '../keep-fresh.ts';
import { queryClient, useRead } from '../lib/query.ts';
import { connect, onEvents, onLoss } from '../lib/socket.ts';
import { useSession } from '../lib/use-session.ts';
import { PageError } from '../ui/error-box.tsx';
import { Help } from './help.tsx';
import { useGlobalKeys } from './keys.ts';
import { Sidebar } from './sidebar.tsx';
import { Topbar } from './topbar.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));

export function Shell() {
  const { current, error, retry } = useSession();
  const place = useLocation();
  if (current === undefined) return error === null ? null : <PageError error={error} onRetry={retry} />;
  if (current === null) {
    const next = `${place.pathname}${place.search}`;
    return <Navigate to={next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return <Frame key={current.user.id} />;
}

function Frame() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [wasPaletteOpen, setWasPaletteOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const openPalette = useCallback(() => {
    setPaletteOpen(true);
    setWasPaletteOpen(true);
  }, []);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useGlobalKeys(openPalette, openHelp);
  const navigate = useNavigate();
  useEffect(() => tellFailedRuns((address) => void navigate(address)), [navigate]);
  useEffect(() => {
    const stopFresh = keepFresh(queryClient, { onEvents, onLoss });
    const disconnect = connect();
    return () => {
      disconnect();
      stopFresh();
      queryClient.clear();
    };
  }, []);
  const unread = useRead(listNotificationsRoute, { query: { unread: 'true', limit: 100 } });
  const asked = useRead(listApprovalsRoute, { query: { show: 'mine', limit: 100 } });
  const inboxCount = unread.data?.items.length ?? 0;
  const isLoading = useNavigation().state === 'loading';
  return (
    <div className="flex h-full">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-raised focus:p-2"
      >
        Skip to the page
      </a>
      <Sidebar counts={{ '/inbox': inboxCount, '/approvals': asked.data?.items.length ?? 0 }} />
      <div className="flex min-w-0 flex-1 flex-col">
        <Topbar inboxCount={inboxCount} onPalette={openPalette} onHelp={openHelp} />
        <main id="page" tabIndex={-1} aria-busy={isLoading} className="min-h-0 flex-1 bg-canvas outline-none">
          <Outlet />
        </main>
      </div>
      {wasPaletteOpen && (
        <Suspense>
          <Palette open={isPaletteOpen} onClose={() => setPaletteOpen(false)} />
        </Suspense>
      )}
      <Help open={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
