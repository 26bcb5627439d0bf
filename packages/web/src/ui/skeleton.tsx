// Nothing for 300 ms, then grey shapes of the layout that comes.
import { classes } from './classes.ts';

export function Skeleton({ className }: { readonly className?: string }) {
  return <div aria-hidden className={classes('breathing rounded-sm bg-line', className)} />;
}

const widths = ['w-48', 'w-64', 'w-40', 'w-56', 'w-52', 'w-44'];

export function SkeletonRows({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="appear-late flex flex-col">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity and never move
        <div key={index} className="flex h-10 items-center gap-3 border-b border-line px-4">
          <Skeleton className="size-4" />
          <Skeleton className={classes('h-3', widths[index % widths.length])} />
          <Skeleton className="ml-auto h-3 w-20" />
        </div>
      ))}
    </div>
  );
}
