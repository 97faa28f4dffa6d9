import type { DeviceRow, Status } from "../../api/types";
import type { Column } from "../../components/grid";
import { More } from "../../components/icons";
import { Menu } from "../../components/menu";
import { deviceActions, type DeviceActionId } from "../../decisions/actions";
import { useSession } from "../../session";
import { DeviceCell, MatchCell, SerialCell, SystemCell, usePendingCommand } from "./cells";

/** Does an action, or asks what it needs to know first; false where it can't be done. */
export type Act = (action: DeviceActionId, row: DeviceRow) => boolean;

export function deviceColumns(status: Status, act: Act): readonly Column<DeviceRow>[] {
  return [
    {
      id: "device",
      header: "Device",
      track: "minmax(190px, 1.5fr)",
      sort: "device_name",
      render: (row) => <DeviceCell row={row} />,
    },
    {
      id: "serial",
      header: "Serial number",
      track: "minmax(140px, 1.2fr)",
      sort: "serial_number",
      render: (row) => <SerialCell row={row} />,
    },
    {
      id: "system",
      header: "System",
      track: "minmax(100px, 0.7fr)",
      sort: "last_sync_at",
      render: (row) => <SystemCell row={row} />,
    },
    {
      id: "match",
      header: MATCH_HEADERS[status],
      track: "minmax(200px, 1.5fr)",
      ...(status === "matched" ? {} : { sort: "confidence" }),
      render: (row) => <MatchCell row={row} />,
    },
    { id: "actions", header: "Actions", track: "142px", render: (row) => <ActionsCell row={row} act={act} /> },
  ];
}

const MATCH_HEADERS: Record<Status, string> = {
  unmatched: "Suggested Match",
  matched: "Matched To",
  ignored: "Ignored",
  all: "Match",
};

function ActionsCell({ row, act }: { row: DeviceRow; act: Act }) {
  const { me } = useSession();
  const pending = usePendingCommand(row);
  const actions = deviceActions(pending ? { ...row, pending: { decision_id: "", command: pending } } : row, me.role);
  const first = actions.find(({ id }) => id === firstAction(row));
  return (
    <div className="row-actions">
      {first && (
        <button
          type="button"
          className="button small"
          tabIndex={-1}
          disabled={first.refusal !== null}
          title={first.refusal ?? first.label}
          aria-label={first.label}
          onClick={() => act(first.id, row)}
        >
          {SHORT[first.id]}
        </button>
      )}
      <Menu
        label="More actions"
        className="icon-button"
        tabIndex={-1}
        items={actions}
        onChoose={(id) => act(id as DeviceActionId, row)}
      >
        <More />
      </Menu>
    </div>
  );
}

const SHORT: Partial<Record<DeviceActionId, string>> = {
  accept: "Accept",
  matchTo: "Match To",
  change: "Change Match",
  revert: "Revert",
};

/** The action that a row of its kind mostly needs, and so has a button for. */
function firstAction(row: DeviceRow): DeviceActionId {
  if (row.status === "matched") return "change";
  if (row.status === "ignored") return "revert";
  return row.suggestion?.status === "suggested" ? "accept" : "matchTo";
}
