import type { Dispatch, KeyboardEvent, SetStateAction } from "react";

import type { DeviceRow } from "../../api/types";
import type { DeviceActionId } from "../../decisions/actions";
import type { Cursor } from "../../lib/list";
import { movement } from "../../lib/place";
import type { Act } from "./columns";
import type { Checked } from "./use-checked";

interface DeviceKeys {
  readonly cursor: Cursor<DeviceRow>;
  readonly checked: Checked;
  readonly act: Act;
  readonly setOpen: Dispatch<SetStateAction<boolean>>;
}

/** The action that a key stands for on a row of this status. */
function actionOf(key: string, row: DeviceRow): DeviceActionId | null {
  if (key === "m") return row.status === "matched" ? "change" : "matchTo";
  const actions: Record<string, DeviceActionId> = { a: "accept", c: "create", i: "ignore", r: "revert" };
  return actions[key] ?? null;
}

export function useDeviceKeys({ cursor, checked, act, setOpen }: DeviceKeys) {
  return (event: KeyboardEvent, pageRows: number) => {
    const { index, row, goTo } = cursor;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onControl = event.target instanceof Element && event.target.closest("button, input, a") !== null;
    const step = movement(event.key, pageRows);
    if (step !== null) goTo(index + step);
    else if (event.key === "Escape") setOpen(false);
    else if (!row || (onControl && (event.key === "Enter" || event.key === " "))) return;
    else if (event.key === "Enter") setOpen((was) => !was);
    else if (event.key === "x" || event.key === " ") checked.toggle(row, index, event.shiftKey);
    else {
      const action = actionOf(event.key, row);
      if (!action) return;
      const done = act(action, row);
      // Go on to the next row; the one decided about leaves the list by itself.
      if (done && (action === "accept" || action === "ignore" || action === "revert")) goTo(index + 1);
    }
    event.preventDefault();
  };
}
