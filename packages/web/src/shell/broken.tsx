// Where a page broke, or where there is none.
import { Compass } from 'lucide-react';
import { useRouteError } from 'react-router';
import { Button, LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorBox } from '../ui/error-box.tsx';
import { Page } from '../ui/page.tsx';

export function Broken() {
  const error = useRouteError();
  // After an update the pages of the old version are gone from the server: only a reload brings the new ones.
  const isOutdated = error instanceof TypeError && /dynamically imported module|Importing a module/.test(error.message);
  return (
    <div className="mx-auto flex max-w-xl flex-col gap-3 p-8">
      <h1 className="text-lg font-semibold">{isOutdated ? 'The dashboard was updated' : 'This page broke'}</h1>
      {isOutdated ? <p className="text-ink-2">Reload to get the new version.</p> : <ErrorBox error={error} />}
      <div>
        <Button look="primary" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    </div>
  );
}

export function Nowhere() {
  return (
    <Page title="Nothing here">
      <EmptyState
        icon={Compass}
        title="There is no such page"
        action={
          <LinkButton to="/" look="primary">
            Go home
          </LinkButton>
        }
      >
        The address may be mistyped, or what it named was removed.
      </EmptyState>
    </Page>
  );
}
