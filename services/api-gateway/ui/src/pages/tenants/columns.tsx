import type { Role, TenantRow } from "../../api/types";
import type { Column } from "../../components/grid";
import { More } from "../../components/icons";
import { Menu, type MenuItem } from "../../components/menu";
import { SyncState } from "../../components/sync-state";
import { tenantActions, type TenantActionId } from "../../decisions/actions";
import { administerRefusal, decideRefusal, removeRefusal } from "../../lib/roles";
import { useSession } from "../../session";
import { MachinesCell, OrganizationCell, TenantCell, usePendingTenant } from "./cells";

export type TenantAct = TenantActionId | "devices" | "details" | "sync" | "syncOn" | "syncOff" | "remove";
/** Does an action, or asks what it needs to know first; false where it can't be done. */
export type Act = (action: TenantAct, row: TenantRow) => boolean;

export function tenantColumns(act: Act): readonly Column<TenantRow>[] {
  return [
    {
      id: "tenant",
      header: "Microsoft tenant",
      track: "minmax(200px, 1.4fr)",
      sort: "display_name",
      render: (row) => <TenantCell row={row} />,
    },
    {
      id: "organization",
      header: "Organization",
      track: "minmax(220px, 1.6fr)",
      render: (row) => <OrganizationCell row={row} />,
    },
    {
      id: "machines",
      header: "Unmatched Machines",
      track: "minmax(150px, 0.9fr)",
      sort: "devices_unmatched",
      render: (row) => <MachinesCell row={row} />,
    },
    {
      id: "sync",
      header: "Last sync",
      track: "minmax(96px, 0.5fr)",
      sort: "last_sync",
      render: (row) => <SyncState tenant={row} />,
    },
    { id: "actions", header: "Actions", track: "170px", render: (row) => <ActionsCell row={row} act={act} /> },
  ];
}

function ActionsCell({ row, act }: { row: TenantRow; act: Act }) {
  const { me } = useSession();
  const pending = usePendingTenant(row);
  const actions = tenantActions(row, me.role, pending !== null);
  const accept = actions.find((action) => action.id === "accept");
  const suggested = row.status === "unmatched" && row.suggestion?.status === "suggested";
  return (
    <div className="row-actions">
      {suggested && accept && (
        <button
          type="button"
          className="button small"
          tabIndex={-1}
          disabled={accept.refusal !== null}
          title={accept.refusal ?? accept.label}
          aria-label={accept.label}
          onClick={() => act("accept", row)}
        >
          Accept
        </button>
      )}
      {row.status === "matched" && (
        <button type="button" className="button small" tabIndex={-1} onClick={() => act("devices", row)}>
          Match Devices
        </button>
      )}
      <Menu
        label="More actions"
        className="icon-button"
        tabIndex={-1}
        items={[...actions, ...more(row, me.role)]}
        onChoose={(id) => act(id as TenantAct, row)}
      >
        <More />
      </Menu>
    </div>
  );
}

function more(row: TenantRow, role: Role): readonly MenuItem[] {
  const off = row.sync_intune_devices ? null : "Sync Intune Devices is off for this tenant.";
  return [
    { id: "devices", label: "Match Devices", key: "Enter", separated: true },
    { id: "details", label: "Show Details", key: "d" },
    { id: "sync", label: "Sync now", refusal: decideRefusal(role) ?? off, separated: true },
    row.sync_intune_devices
      ? { id: "syncOff", label: "Turn off Sync Intune Devices", refusal: administerRefusal(role) }
      : { id: "syncOn", label: "Turn on Sync Intune Devices", refusal: administerRefusal(role) },
    { id: "remove", label: "Remove tenant", refusal: removeRefusal(row, role) },
  ];
}
