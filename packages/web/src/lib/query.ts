// The query cache and the hooks over it. A key is `[route name, input]`, so that live.ts can name what an event changes.
import { ApiError } from '@gathering/contract/client';
import type { CallOf, ReplyOf, Route } from '@gathering/contract/route';
import { keepPreviousData, QueryClient, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from './client.ts';

/** Worth another try: the server was away or busy; never what it refused. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 502);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Events refresh what changed; time alone seldom does.
      staleTime: 60_000,
      gcTime: 10 * 60_000,
      retry: (count, error) => count < 2 && isPassing(error),
      retryDelay: (count) => 400 * 2 ** count,
      refetchOnWindowFocus: false,
    },
    mutations: { retry: false },
  },
});

interface ReadOptions {
  readonly enabled?: boolean;
  /** Milliseconds between reads, for what no event tells. */
  readonly every?: number;
  readonly keepPrevious?: boolean;
}

export function useRead<T extends Route>(route: T, input: CallOf<T>, options: ReadOptions = {}) {
  return useQuery<ReplyOf<T>>({
    queryKey: [route.name, input],
    queryFn: ({ signal }) => call(route, input, { signal }),
    enabled: options.enabled,
    refetchInterval: options.every,
    placeholderData: options.keepPrevious ? keepPreviousData : undefined,
  });
}

/** Puts an answer that came another way where `useRead` finds it; events and the next reading keep it fresh. */
export function seedAnswer<T extends Route>(route: T, input: CallOf<T>, answer: ReplyOf<T>): void {
  queryClient.setQueryData([route.name, input], answer);
}

type PagedReply = { readonly items: readonly unknown[]; readonly nextCursor: string | null };
/** What a caller gives of a list: all but the place in it. */
type PagedCall<T extends Route> = Omit<CallOf<T>, 'query'> &
  (CallOf<T> extends { query: infer Q } ? { query?: Omit<Q, 'limit' | 'cursor'> } : unknown);
type ItemOf<T extends Route> = ReplyOf<T> extends { items: Array<infer I> } ? I : never;

/** A keyset-paged list. `items` are those of all pages read so far. */
export function usePages<T extends Route>(
  route: T,
  input: PagedCall<T>,
  options: ReadOptions & { limit?: number } = {},
) {
  const { limit = 50, enabled, keepPrevious } = options;
  const query = useInfiniteQuery({
    queryKey: [route.name, input, 'pages', limit],
    queryFn: async ({ signal, pageParam }) => {
      const given = input as { readonly query?: Record<string, unknown> };
      const paged = { ...given, query: { ...given.query, limit, cursor: pageParam } } as CallOf<T>;
      return (await call(route, paged, { signal })) as ReplyOf<T> & PagedReply;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    enabled,
    placeholderData: keepPrevious ? keepPreviousData : undefined,
  });
  const { data } = query;
  const items = useMemo(() => (data?.pages.flatMap((page) => page.items) ?? []) as ItemOf<T>[], [data]);
  return { ...query, items };
}

interface ActOptions<T extends Route> {
  readonly onDone?: (reply: ReplyOf<T>, input: CallOf<T>) => void;
  /** Route names whose answers this changes; events will refresh them too, this does not wait for them. */
  readonly refreshes?: readonly string[];
}

export function useAct<T extends Route>(route: T, options: ActOptions<T> = {}) {
  return useMutation<ReplyOf<T>, Error, CallOf<T>>({
    mutationFn: (input) => call(route, input),
    onSuccess: (reply, input) => {
      for (const name of options.refreshes ?? []) void queryClient.invalidateQueries({ queryKey: [name] });
      options.onDone?.(reply, input);
    },
  });
}
