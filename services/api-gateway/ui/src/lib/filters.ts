// A filter that lives in the address. Typing shows at once; the address follows when it has rested.
import { useCallback, useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";

import { queryOf } from "./routes";

const REST_MS = 300;

export function useFilter<T extends object>(
  read: (query: string) => T,
  fallback: T,
): readonly [T, (change: Partial<T>) => void] {
  const query = useSearch();
  const [path, navigate] = useLocation();
  const [filter, setFilter] = useState(() => read(query));
  const [written, setWritten] = useState(query);
  // The address changed by other means: back, forward, or a link.
  if (query !== written) {
    setWritten(query);
    if (queryOf(read(query), fallback) !== queryOf(filter, fallback)) setFilter(read(query));
  }
  useEffect(() => {
    const timer = setTimeout(() => {
      const target = queryOf(filter, fallback);
      if (target !== queryOf(read(window.location.search), fallback)) navigate(path + target, { replace: true });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [filter, fallback, read, path, navigate]);
  const change = useCallback((part: Partial<T>) => setFilter((current) => ({ ...current, ...part })), []);
  return [filter, change];
}
