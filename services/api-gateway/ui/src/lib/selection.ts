// Which rows are checked: some by id, or everything a filter selects but for a few.

export type Selection<Row> =
  | { readonly kind: "some"; readonly rows: ReadonlyMap<string, Row> }
  | { readonly kind: "all"; readonly except: ReadonlySet<string> };

export type HeaderState = "none" | "some" | "all";

export function nothing<Row>(): Selection<Row> {
  return { kind: "some", rows: new Map() };
}

export function everything<Row>(): Selection<Row> {
  return { kind: "all", except: new Set() };
}

export function isChecked<Row>(selection: Selection<Row>, id: string): boolean {
  return selection.kind === "all" ? !selection.except.has(id) : selection.rows.has(id);
}

/** Check or uncheck rows, given with their ids. */
export function setChecked<Row>(
  selection: Selection<Row>,
  rows: readonly (readonly [id: string, row: Row])[],
  checked: boolean,
): Selection<Row> {
  if (selection.kind === "all") {
    const except = new Set(selection.except);
    for (const [id] of rows) {
      if (checked) except.delete(id);
      else except.add(id);
    }
    return { kind: "all", except };
  }
  const next = new Map(selection.rows);
  for (const [id, row] of rows) {
    if (checked) next.set(id, row);
    else next.delete(id);
  }
  return { kind: "some", rows: next };
}

/** How many rows are checked where the filter selects `total`. */
export function checkedCount<Row>(selection: Selection<Row>, total: number): number {
  return selection.kind === "all" ? Math.max(0, total - selection.except.size) : selection.rows.size;
}

export function headerState<Row>(selection: Selection<Row>, total: number): HeaderState {
  const checked = checkedCount(selection, total);
  if (checked === 0) return "none";
  return checked >= total ? "all" : "some";
}
