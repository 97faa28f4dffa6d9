// Keeps a person's place in a list that changes under them. Pure.

export interface Place {
  readonly index: number;
  readonly id: string | null;
}

export const TOP: Place = { index: 0, id: null };

/** Where the place is now: with its row if the row is still listed, else at the same height. */
export function keepPlace<Row>(place: Place, rows: readonly Row[], idOf: (row: Row) => string): Place {
  if (rows.length === 0) return TOP;
  const here = rows[place.index];
  if (here !== undefined && idOf(here) === place.id) return place;
  const found = place.id === null ? -1 : rows.findIndex((row) => idOf(row) === place.id);
  return placeAt(found >= 0 ? found : place.index, rows, idOf);
}

export function placeAt<Row>(index: number, rows: readonly Row[], idOf: (row: Row) => string): Place {
  const bounded = Math.max(0, Math.min(index, rows.length - 1));
  const row = rows[bounded];
  return { index: bounded, id: row === undefined ? null : idOf(row) };
}

/** How far a key moves in a list of which `page` rows are in sight; null for keys that don't. */
export function movement(key: string, page: number): number | null {
  switch (key) {
    case "ArrowDown":
    case "j":
      return 1;
    case "ArrowUp":
    case "k":
      return -1;
    case "PageDown":
      return page;
    case "PageUp":
      return -page;
    case "Home":
      return Number.NEGATIVE_INFINITY;
    case "End":
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}
