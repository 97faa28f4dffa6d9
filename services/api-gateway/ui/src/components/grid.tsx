// A virtualised table: only the rows in sight exist in the page, however many there are.
//
// The focus stays on the grid while arrows move the active row (aria-activedescendant), so that it survives rows that
// leave. Rows that have not been loaded yet show as placeholders and are asked for through `onNeed`.
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
} from "react";

import type { HeaderState } from "../lib/selection";
import { GridHead } from "./grid-head";
import { GridRow } from "./grid-row";
import { useKeptFocus } from "./kept-focus";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** The column's width, as a CSS grid track. */
  readonly track: string;
  /** What the gateway sorts by for this column, if it does. */
  readonly sort?: string;
  readonly render: (row: Row) => ReactNode;
}

export interface Checking<Row> {
  readonly header: HeaderState;
  readonly isChecked: (id: string) => boolean;
  readonly onCheck: (row: Row, index: number, range: boolean) => void;
  readonly onCheckAll: () => void;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** All rows of the list, those not loaded included. */
  readonly total: number;
  readonly idOf: (row: Row) => string;
  readonly noteOf: (row: Row) => ReactNode;
  readonly hasNote: (row: Row) => boolean;
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly openId: string | null;
  readonly onOpen: (row: Row, index: number) => void;
  readonly onKey: (event: KeyboardEvent, pageRows: number) => void;
  readonly onNeed: (index: number) => void;
  readonly sort: string;
  readonly onSort: (key: string) => void;
  readonly checking?: Checking<Row>;
  readonly busy: boolean;
}

export const HEAD_HEIGHT = 32;
const ROW_HEIGHT = 42;
const NOTE_HEIGHT = 24;
const OVERSCAN = 10;

/** The rows in sight and a few around them, with where each stands; `height` is that of all rows, in pixels. */
function useShownRows<Row>(scroller: RefObject<HTMLElement | null>, props: GridProps<Row>) {
  const { rows, total, hasNote, active, onNeed } = props;
  // eslint-disable-next-line react-hooks/incompatible-library -- the React compiler, which it can't live with, isn't used
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row !== undefined && hasNote(row) ? ROW_HEIGHT + NOTE_HEIGHT : ROW_HEIGHT;
    },
    overscan: OVERSCAN,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onNeed(last), [last, onNeed, rows]);
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rows]);
  useLayoutEffect(() => {
    if (total > 0) virtualizer.scrollToIndex(active, { align: "auto" });
  }, [virtualizer, active, total]);
  return { items, height: virtualizer.getTotalSize() };
}

export function Grid<Row>(props: GridProps<Row>) {
  const { columns, rows, total, idOf, hasNote, checking } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const base = useId();
  const { items, height } = useShownRows(scroller, props);
  useKeptFocus(scroller, rows);

  const tracks = [...(checking ? ["36px"] : []), ...columns.map((column) => column.track)].join(" ");
  const activeRow = rows[props.active];
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-busy={props.busy}
      aria-multiselectable={checking ? true : undefined}
      aria-activedescendant={activeRow === undefined ? undefined : `${base}${idOf(activeRow)}`}
      tabIndex={0}
      className="grid"
      style={{ "--tracks": tracks } as CSSProperties}
      onKeyDown={(event) => props.onKey(event, pageRows(scroller.current))}
    >
      <GridHead columns={columns} sort={props.sort} onSort={props.onSort} {...(checking ? { checking } : {})} />
      <div role="rowgroup" className="grid-rows" style={{ height }}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            <GridRow
              key={row === undefined ? `at-${item.index}` : idOf(row)}
              id={row === undefined ? "" : `${base}${idOf(row)}`}
              row={row}
              index={item.index}
              top={item.start - HEAD_HEIGHT}
              height={item.size}
              columns={columns}
              note={row !== undefined && hasNote(row) ? props.noteOf : null}
              active={item.index === props.active}
              open={row !== undefined && idOf(row) === props.openId}
              checked={checking && row !== undefined ? checking.isChecked(idOf(row)) : null}
              onActive={props.onActive}
              onOpen={props.onOpen}
              onCheck={checking?.onCheck}
            />
          );
        })}
      </div>
    </div>
  );
}

function pageRows(scroller: HTMLElement | null): number {
  return scroller ? Math.max(1, Math.floor((scroller.clientHeight - HEAD_HEIGHT) / ROW_HEIGHT) - 1) : 1;
}
