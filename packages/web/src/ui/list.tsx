// Lists of any length as a table of equal rows: only what is in sight is drawn, and the next page is asked for near the end.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand cannot be rows of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: heads and cells are no controls
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { Link, useNavigate } from 'react-router';
import { classes } from './classes.ts';

export interface Column<T> {
  readonly name: string;
  /** A track of CSS grid: `minmax(0,1fr)`, `120px`. */
  readonly width: string;
  readonly align?: 'right';
  readonly show: (item: T) => ReactNode;
}

interface ListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (item: T) => string;
  readonly linkOf?: (item: T) => string | null;
  readonly isFaint?: (item: T) => boolean;
  readonly hasMore?: boolean;
  readonly onMore?: () => void;
  readonly isLoadingMore?: boolean;
  readonly rowHeight?: number;
}

const moves: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Columns whose name begins with a space show no head and hold controls of their own. */
const isSilent = (column: { readonly name: string }): boolean => column.name.startsWith(' ');

function Cell<T>({
  column,
  item,
  link,
}: {
  readonly column: Column<T>;
  readonly item: T;
  readonly link: string | null;
}) {
  if (link !== null) {
    return (
      <Link to={link} tabIndex={-1} className="block truncate after:absolute after:inset-0">
        {column.show(item)}
      </Link>
    );
  }
  return isSilent(column) ? <span className="relative z-[1]">{column.show(item)}</span> : column.show(item);
}

export function List<T>(props: ListProps<T>) {
  const {
    label,
    items,
    columns,
    keyOf,
    linkOf,
    isFaint,
    hasMore = false,
    onMore,
    isLoadingMore = false,
    rowHeight = 40,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(items[index] as T),
    overscan: 12,
    initialRect: { width: 1000, height: 800 },
  });
  const shown = rows.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= items.length - 15) onMore?.();
  }, [hasMore, isLoadingMore, lastShown, items.length, onMore]);

  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  const step = (event: KeyboardEvent, index: number): void => {
    const move = moves[event.key];
    const to = move === undefined ? null : index + move;
    if (event.key === 'Enter' && event.target === event.currentTarget) {
      const link = linkOf?.(items[index] as T);
      if (link) void navigate(link);
    }
    if (to === null || to < 0 || to >= items.length || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    rows.scrollToIndex(to);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${to}"]`)?.focus());
  };

  return (
    <div
      ref={scroller}
      className="min-h-0 flex-1 overflow-auto"
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : items.length + 1}
    >
      <div role="rowgroup" className="sticky top-0 z-10 min-w-fit border-b border-line bg-canvas">
        <div role="row" className="grid h-8 items-center gap-4 px-6 text-xs text-ink-3" style={grid}>
          {columns.map((column) => (
            <div
              key={column.name}
              role="columnheader"
              className={classes('truncate', column.align === 'right' && 'text-right')}
            >
              {isSilent(column) ? <span className="sr-only">{column.name}</span> : column.name}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative min-w-fit" style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const item = items[row.index] as T;
          const link = linkOf?.(item) ?? null;
          return (
            <div
              key={row.key}
              role="row"
              aria-rowindex={row.index + 2}
              data-row={row.index}
              tabIndex={row.index === 0 || row.index === lastShown ? 0 : -1}
              onKeyDown={(event) => step(event, row.index)}
              className={classes(
                'group absolute top-0 left-0 grid w-full items-center gap-4 border-b border-line px-6 text-sm -outline-offset-2 hover:bg-hover',
                isFaint?.(item) && 'text-ink-3',
              )}
              style={{ ...grid, height: row.size, transform: `translateY(${row.start}px)` }}
            >
              {columns.map((column, index) => (
                <div
                  key={column.name}
                  role="cell"
                  className={classes(
                    'min-w-0',
                    column.align === 'right' && 'text-right tabular-nums',
                    !isSilent(column) && 'truncate',
                  )}
                >
                  <Cell column={column} item={item} link={index === 0 ? link : null} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {isLoadingMore && <p className="px-6 py-3 text-xs text-ink-3">Loading more…</p>}
    </div>
  );
}
