// Every key at one glance.
import { Dialog } from '../ui/dialog.tsx';
import { isMac } from './keys.ts';
import { usePageGroups } from './pages.ts';

const command = isMac ? '⌘' : 'Ctrl';

interface KeyGroup {
  readonly title: string;
  readonly keys: ReadonlyArray<readonly [string, string]>;
}

const groupsAround = (goTo: KeyGroup): readonly KeyGroup[] => [
  {
    title: 'Everywhere',
    keys: [
      [`${command} K`, 'Search, go, act'],
      ['/', 'Search'],
      ['?', 'These keys'],
      ['j  k', 'Next, previous row'],
      ['Enter', 'Open the row'],
      ['Esc', 'Close'],
    ],
  },
  goTo,
  {
    title: 'Pipeline editor',
    keys: [
      ['/', 'Add a node'],
      ['Tab', 'Next node or edge'],
      ['Arrows', 'Move the node'],
      ['Delete', 'Remove'],
      [`${command} Z`, 'Undo'],
      [`${command} Shift Z`, 'Redo'],
      [`${command} C  ${command} V`, 'Copy, paste'],
      [`${command} S`, 'Save'],
    ],
  },
];

export function Help({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const pages = usePageGroups().flatMap((one) => one.pages);
  const groups = groupsAround({ title: 'Go to', keys: pages.map((page) => [`g ${page.letter}`, page.name] as const) });
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" wide>
      <div className="grid gap-6 pb-2 sm:grid-cols-3">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="mb-1 text-xs text-ink-3">{group.title}</h3>
            <dl className="flex flex-col">
              {group.keys.map(([key, what]) => (
                <div key={what} className="flex min-h-7 items-center justify-between gap-3">
                  <dt className="text-sm text-ink-2">{what}</dt>
                  <dd>
                    <kbd className="whitespace-nowrap rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs">
                      {key}
                    </kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
