// What the actions of Microsoft Tenant Matching do: ask what has to be asked, then decide.
import { type Dispatch, type SetStateAction, useCallback } from "react";
import { useLocation } from "wouter";

import { requestSync, setDeviceSync } from "../../api/requests";
import type { TenantRow } from "../../api/types";
import { say } from "../../components/toasts";
import { tenantActions, type TenantActionId } from "../../decisions/actions";
import { acceptTenant, type IgnoreDetails, matchTenant, type TenantCommand } from "../../decisions/commands";
import { pendingDecisions } from "../../decisions/pending";
import { systemsAddress } from "../../lib/routes";
import { useSession } from "../../session";
import type { TenantAct } from "./columns";
import type { Asked } from "./dialogs";

export function useTenantActs(
  setAsked: Dispatch<SetStateAction<Asked | null>>,
  setOpen: Dispatch<SetStateAction<boolean>>,
) {
  const { me, decider } = useSession();
  const [, navigate] = useLocation();
  const decide = useCallback(
    (row: TenantRow, command: TenantCommand | null) => {
      if (command) void decider.one({ command, name: row.display_name });
    },
    [decider],
  );
  const decideOrAsk = useCallback(
    (id: TenantActionId, row: TenantRow): boolean => {
      const pending = pendingDecisions.get().has(row.tenant_id);
      const action = tenantActions(row, me.role, pending).find((offered) => offered.id === id);
      if (!action) return false;
      if (action.refusal) {
        say({ tone: "warning", text: `${row.display_name}: ${action.refusal}` });
        return false;
      }
      const tenant_id = row.tenant_id;
      if (id === "accept") decide(row, acceptTenant(row));
      else if (id === "ignore") decide(row, { command: "IgnoreTenant", tenant_id });
      else if (id === "revert") decide(row, { command: "RevertTenantMatch", tenant_id });
      else setAsked({ kind: id === "change" ? "matchTo" : id, row });
      return true;
    },
    [me.role, decide, setAsked],
  );
  const act = useCallback(
    (id: TenantAct, row: TenantRow): boolean => {
      if (id === "devices") navigate(systemsAddress(row.tenant_id));
      else if (id === "details") setOpen((was) => !was);
      else if (id === "sync") void requestSync(row.tenant_id, row.display_name);
      else if (id === "syncOn" || id === "syncOff") void setDeviceSync(row.tenant_id, id === "syncOn");
      else if (id === "remove") setAsked({ kind: "remove", row });
      else return decideOrAsk(id, row);
      return true;
    },
    [navigate, setOpen, setAsked, decideOrAsk],
  );
  const match = useCallback((row: TenantRow, to: string) => decide(row, matchTenant(row, to)), [decide]);
  const create = (row: TenantRow, name: string) =>
    decide(row, { command: "CreateOrganization", tenant_id: row.tenant_id, ...(name ? { name } : {}) });
  const ignore = (row: TenantRow, details: IgnoreDetails) =>
    decide(row, { command: "IgnoreTenant", tenant_id: row.tenant_id, ...details });
  return { act, match, create, ignore };
}
