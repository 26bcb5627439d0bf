// JSON of any size as a tree that opens branch by branch; what is closed costs nothing. Every branch copies its path.
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { classes } from './classes.ts';
import { CopyButton } from './copy.tsx';

const firstItems = 100;
const longText = 400;

function entriesOf(value: object): [string, unknown][] {
  return Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value);
}

function summaryOf(value: object): string {
  const count = entriesOf(value).length;
  return Array.isArray(value) ? `[${count}]` : `{${count}}`;
}

function pathOf(parent: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${parent}[${key}]`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

function Text({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > longText;
  return (
    <span className="break-words whitespace-pre-wrap text-good">
      {isLong && !isWhole ? `${text.slice(0, longText)}…` : text}
      {isLong && (
        <button type="button" className="ml-1 text-accent-ink underline" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'less' : `all ${text.length} characters`}
        </button>
      )}
    </span>
  );
}

/** Colour alone does not tell a text that is empty, or that reads as a number or a word of JSON. */
const mistakable = /^$|^\s|\s$|^-?\d+(?:\.\d+)?$|^(?:true|false|null)$/;

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <Text text={mistakable.test(value) ? JSON.stringify(value) : value} />;
  return <span className={value === null ? 'text-ink-3' : 'text-running'}>{String(value)}</span>;
}

interface BranchProps {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

function Branch({ name, value, path, depth }: BranchProps) {
  const isTree = value !== null && typeof value === 'object';
  const [isOpen, setOpen] = useState(depth < 1 && isTree && entriesOf(value).length <= 20);
  const [limit, setLimit] = useState(firstItems);
  const entries = isTree && isOpen ? entriesOf(value) : [];
  return (
    <li className="group/branch">
      <div className="flex items-start gap-1 rounded-sm hover:bg-hover">
        {isTree ? (
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
            className="flex min-w-0 items-start gap-1 text-left"
          >
            <ChevronRight
              size={12}
              aria-hidden
              className={classes('mt-1 shrink-0 text-ink-3 transition-transform', isOpen && 'rotate-90')}
            />
            <span className="text-ink-2">{name}</span>
            <span className="text-ink-3">{summaryOf(value)}</span>
          </button>
        ) : (
          <span className="min-w-0 flex-1 pl-4">
            <span className="text-ink-2">{name}</span>
            <span className="text-ink-3">: </span>
            <Leaf value={value} />
          </span>
        )}
        <span className="ml-auto h-5 opacity-0 focus-within:opacity-100 group-hover/branch:opacity-100">
          <CopyButton text={path} name={`Copy path ${path}`} />
        </span>
      </div>
      {isOpen && isTree && (
        <ul className="ml-1.5 border-l border-line pl-2">
          {entries.slice(0, limit).map(([key, item]) => (
            <Branch
              key={key}
              name={key}
              value={item}
              path={pathOf(path, key, Array.isArray(value))}
              depth={depth + 1}
            />
          ))}
          {entries.length > limit && (
            <li>
              <button
                type="button"
                className="pl-4 text-accent-ink underline"
                onClick={() => setLimit(limit + 10 * firstItems)}
              >
                {entries.length - limit} more
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

export function JsonTree({ value, root = '' }: { readonly value: unknown; readonly root?: string }) {
  if (value === null || typeof value !== 'object') {
    return (
      <div className="font-mono text-xs leading-5">
        <Leaf value={value} />
      </div>
    );
  }
  const entries = entriesOf(value);
  if (entries.length === 0) return <p className="text-xs text-ink-3">Empty.</p>;
  return (
    <ul className="font-mono text-xs leading-5">
      {entries.slice(0, 500).map(([key, item]) => (
        <Branch key={key} name={key} value={item} path={pathOf(root, key, Array.isArray(value))} depth={0} />
      ))}
    </ul>
  );
}
