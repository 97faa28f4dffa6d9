import { memo, type MouseEvent, type ReactNode } from "react";

import type { Column } from "./grid";

interface GridRowProps<Row> {
  readonly id: string;
  readonly row: Row | undefined;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly columns: readonly Column<Row>[];
  readonly note: ((row: Row) => ReactNode) | null;
  readonly active: boolean;
  readonly open: boolean;
  /** null where rows can't be checked. */
  readonly checked: boolean | null;
  readonly onActive: (index: number) => void;
  readonly onOpen: (row: Row, index: number) => void;
  readonly onCheck: ((row: Row, index: number, range: boolean) => void) | undefined;
}

function GridRowView<Row>(props: GridRowProps<Row>) {
  const { row, index, columns, active, open, checked } = props;
  const style = { transform: `translateY(${props.top}px)`, height: props.height };
  if (row === undefined) {
    return (
      <div role="row" aria-rowindex={index + 2} className="grid-row loading" style={style}>
        <div role="gridcell" className="placeholder" aria-label="Loading" />
      </div>
    );
  }
  const onClick = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest("button, input, a")) props.onActive(index);
    else props.onOpen(row, index);
  };
  const state = `${active ? " active" : ""}${open ? " open" : ""}${checked ? " checked" : ""}`;
  return (
    <div
      role="row"
      id={props.id}
      aria-rowindex={index + 2}
      aria-selected={checked ?? undefined}
      className={`grid-row${state}`}
      style={style}
      onClick={onClick}
    >
      <div className="grid-line" role="presentation">
        {checked !== null && (
          <div role="gridcell" className="cell check">
            <input
              type="checkbox"
              aria-label="Check this row"
              tabIndex={-1}
              checked={checked}
              onChange={(event) => {
                const native = event.nativeEvent;
                props.onCheck?.(row, index, native instanceof globalThis.MouseEvent && native.shiftKey);
              }}
            />
          </div>
        )}
        {columns.map((column) => (
          <div key={column.id} role="gridcell" className={`cell cell-${column.id}`}>
            {column.render(row)}
          </div>
        ))}
      </div>
      {props.note && (
        <div role="gridcell" className="grid-note">
          {props.note(row)}
        </div>
      )}
    </div>
  );
}

export const GridRow = memo(GridRowView) as typeof GridRowView;
