// Which devices are checked. A new filter starts with none, since "all" means all that the filter selects.
import { useCallback, useMemo, useRef, useState } from "react";

import type { DeviceRow } from "../../api/types";
import type { Checking } from "../../components/grid";
import type { SystemsFilter } from "../../lib/routes";
import {
  checkedCount,
  everything,
  headerState,
  isChecked,
  nothing,
  type Selection,
  setChecked,
} from "../../lib/selection";

export interface Checked {
  readonly selection: Selection<DeviceRow>;
  readonly count: number;
  readonly checking: Checking<DeviceRow>;
  readonly toggle: (row: DeviceRow, index: number, range: boolean) => void;
  readonly clear: () => void;
}

export function useChecked(filter: SystemsFilter, rows: readonly DeviceRow[], total: number): Checked {
  const scope = `${filter.status}/${filter.suggestion}/${filter.search}`;
  const [held, setHeld] = useState({ scope, selection: nothing<DeviceRow>() });
  if (held.scope !== scope) setHeld({ scope, selection: nothing() });
  const { selection } = held;
  const last = useRef(0);

  const clear = useCallback(() => setHeld({ scope, selection: nothing() }), [scope]);
  const toggle = useCallback(
    (row: DeviceRow, index: number, range: boolean) => {
      const from = range ? Math.min(last.current, index) : index;
      const to = range ? Math.max(last.current, index) : index;
      const touched = rows.slice(from, to + 1).map((each): [string, DeviceRow] => [each.device_id, each]);
      last.current = index;
      setHeld((current) => {
        const checked = !isChecked(current.selection, row.device_id);
        return { scope, selection: setChecked(current.selection, touched, checked) };
      });
    },
    [rows, scope],
  );
  const checking = useMemo(() => {
    const header = headerState(selection, total);
    return {
      header,
      isChecked: (id: string) => isChecked(selection, id),
      onCheck: toggle,
      onCheckAll: () => setHeld({ scope, selection: header === "none" ? everything() : nothing() }),
    };
  }, [selection, total, toggle, scope]);
  return { selection, count: checkedCount(selection, total), checking, toggle, clear };
}
