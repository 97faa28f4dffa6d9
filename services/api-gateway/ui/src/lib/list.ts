// A list that is read page by page, as one run of rows with a place in it.
import { type Dispatch, type SetStateAction, useCallback, useMemo, useState } from "react";

import { keepPlace, type Place, placeAt, TOP } from "./place";

interface PagedQuery<Page> {
  readonly data: { readonly pages: readonly Page[] } | undefined;
  readonly hasNextPage: boolean;
  readonly isFetching: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

interface PageOf<Row> {
  readonly items: readonly Row[];
  readonly total: number;
}

export interface List<Row> {
  readonly rows: readonly Row[];
  /** All rows, those not read yet included. */
  readonly total: number;
  /** Say that the row at an index is in sight or soon will be. */
  readonly onNeed: (index: number) => void;
}

// Asked for this many rows ahead of the last one in sight.
const AHEAD = 60;

export function useList<Row>(query: PagedQuery<PageOf<Row>>): List<Row> {
  const { data, hasNextPage, isFetching, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const loaded = rows.length;
  const onNeed = useCallback(
    (index: number) => {
      if (hasNextPage && !isFetching && index + AHEAD >= loaded) void fetchNextPage();
    },
    [hasNextPage, isFetching, fetchNextPage, loaded],
  );
  const total = hasNextPage ? Math.max(loaded, data?.pages.at(-1)?.total ?? 0) : loaded;
  return { rows, total, onNeed };
}

export interface Cursor<Row> {
  readonly index: number;
  readonly row: Row | undefined;
  readonly goTo: (index: number) => void;
}

/** The active row of a list; it stays with its row, or at its height when the row leaves. */
export function useCursor<Row>(rows: readonly Row[], idOf: (row: Row) => string): Cursor<Row> {
  const [stored, setStored] = useState<Place>(TOP);
  const place = keepPlace(stored, rows, idOf);
  if (place.id !== stored.id || place.index !== stored.index) setStored(place);
  const goTo = useCallback((index: number) => setStored(placeAt(index, rows, idOf)), [rows, idOf]);
  return { index: place.index, row: rows[place.index], goTo };
}

export interface Opening<Row> {
  readonly open: boolean;
  readonly setOpen: Dispatch<SetStateAction<boolean>>;
  /** A row was chosen: it becomes the active one, and its details open, or close when they were open. */
  readonly onOpen: (row: Row, index: number) => void;
}

/** Whether the details of the active row are shown. */
export function useOpening<Row>({ index, row, goTo }: Cursor<Row>): Opening<Row> {
  const [wanted, setOpen] = useState(false);
  const onOpen = useCallback(
    (_: Row, at: number) => {
      goTo(at);
      setOpen((was) => (at === index ? !was : true));
    },
    [goTo, index],
  );
  return { open: wanted && row !== undefined, setOpen, onOpen };
}
