// A list's place on the page: its rows, or what stands there without them.
import type { ReactNode } from "react";

import { Failure, Loading } from "./states";

interface ListQuery {
  readonly data: unknown;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isPlaceholderData: boolean;
  readonly refetch: () => Promise<unknown>;
}

interface ListBodyProps {
  readonly query: ListQuery;
  readonly total: number;
  readonly loading: string;
  readonly empty: ReactNode;
  readonly children: ReactNode;
}

export function ListBody({ query, total, loading, empty, children }: ListBodyProps) {
  const known = query.data !== undefined;
  return (
    <div className="content">
      {query.isPending && <Loading label={loading} />}
      {query.error !== null && !known && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {known && total === 0 && !query.isPlaceholderData && empty}
      {total > 0 && children}
    </div>
  );
}
