// What is chosen on a page lives in its address: filters, tabs, selection. Back and reload then keep it.
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export function useAddress(name: string): [string | null, (value: string | null) => void] {
  const [search, setSearch] = useSearchParams();
  const change = useCallback(
    (value: string | null) => {
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === null) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true, preventScrollReset: true },
      );
    },
    [name, setSearch],
  );
  return [search.get(name), change];
}
