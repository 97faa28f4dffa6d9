import type { Checking, Column } from "./grid";

interface GridHeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sort: string;
  readonly onSort: (key: string) => void;
  readonly checking?: Checking<Row>;
}

export function GridHead<Row>({ columns, sort, onSort, checking }: GridHeadProps<Row>) {
  return (
    <div role="rowgroup" className="grid-head-group">
      <div role="row" aria-rowindex={1} className="grid-line grid-head">
        {checking && (
          <div role="columnheader" className="cell check">
            <input
              type="checkbox"
              aria-label="Check everything that the filter selects"
              title="Check everything that the filter selects"
              checked={checking.header === "all"}
              ref={(box) => {
                if (box) box.indeterminate = checking.header === "some";
              }}
              onChange={checking.onCheckAll}
            />
          </div>
        )}
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  );
}

interface HeadCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string;
  readonly onSort: (key: string) => void;
}

function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>) {
  const key = column.sort;
  if (key === undefined) {
    return (
      <div role="columnheader" className="cell">
        {column.header}
      </div>
    );
  }
  const direction = sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none";
  return (
    <div role="columnheader" className="cell" aria-sort={direction}>
      <button type="button" className="sort" onClick={() => onSort(key)}>
        {column.header}
        <span aria-hidden="true">{direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}</span>
      </button>
    </div>
  );
}
