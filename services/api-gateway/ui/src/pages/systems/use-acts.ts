// What the actions of System Matching do: ask what has to be asked, then decide.
import { type Dispatch, type SetStateAction, useCallback } from "react";

import type { DeviceRow } from "../../api/types";
import { type DeviceActionId, deviceActions } from "../../decisions/actions";
import {
  acceptMatch,
  type BulkAction,
  bulkCommands,
  createConfiguration,
  type DeviceCommand,
  ignoreDevice,
  type IgnoreDetails,
  matchDevice,
  revertMatch,
  subjectKey,
} from "../../decisions/commands";
import { pendingDecisions } from "../../decisions/pending";
import { say } from "../../components/toasts";
import type { SystemsFilter } from "../../lib/routes";
import { useSession } from "../../session";
import type { Asked } from "./asked";
import { deviceName } from "./cells";
import type { Checked } from "./use-checked";

type Create = { name?: string; configuration_type?: string; confirmed?: boolean };

export function useDeviceActs(
  tenantId: string,
  filter: SystemsFilter,
  checked: Checked,
  setAsked: Dispatch<SetStateAction<Asked | null>>,
) {
  const { me, decider } = useSession();
  const decide = useCallback(
    (row: DeviceRow, command: DeviceCommand | null) => {
      if (command) void decider.one({ command, name: deviceName(row) });
    },
    [decider],
  );
  const act = useCallback(
    (id: DeviceActionId, row: DeviceRow): boolean => {
      const action = deviceActions(row, me.role).find((offered) => offered.id === id);
      if (!action || pendingDecisions.get().has(subjectKey(row.tenant_id, row.device_id))) return false;
      if (action.refusal) {
        say({ tone: "warning", text: `${deviceName(row)}: ${action.refusal}` });
        return false;
      }
      if (id === "accept") decide(row, acceptMatch(row));
      else if (id === "ignore") decide(row, ignoreDevice(row));
      else if (id === "revert") decide(row, revertMatch(row));
      else setAsked({ kind: id === "change" ? "matchTo" : id, row });
      return true;
    },
    [me.role, decide, setAsked],
  );
  const match = useCallback((row: DeviceRow, to: string) => decide(row, matchDevice(row, to)), [decide]);
  const create = (row: DeviceRow, details: Create) => decide(row, createConfiguration(row, details));
  const ignore = (row: DeviceRow, details: IgnoreDetails) => decide(row, ignoreDevice(row, details));
  const bulk = (action: BulkAction, details: IgnoreDetails) => {
    const { selection } = checked;
    if (selection.kind === "all") {
      const { status, suggestion, search } = filter;
      void decider.all({
        action,
        tenantId,
        filter: { status, suggestion, search },
        except: [...selection.except],
        ...details,
      });
    } else {
      const names = new Map([...selection.rows].map(([id, row]) => [id, deviceName(row)]));
      const commands = bulkCommands(action, selection.rows.values(), details);
      const named = commands.map((command) => ({ command, name: names.get(command.device_id) ?? "" }));
      if (named.length === 0) say({ tone: "warning", text: "None of the checked devices can be decided so." });
      else void decider.many(action, tenantId, named);
    }
    checked.clear();
  };
  return { act, match, create, ignore, bulk };
}
