import type { Status } from "../../api/types";
import { Down } from "../../components/icons";
import { Menu } from "../../components/menu";
import type { BulkAction } from "../../decisions/commands";
import { plural } from "../../lib/format";
import { decideRefusal } from "../../lib/roles";
import { useSession } from "../../session";

const LABELS: Record<BulkAction, string> = {
  accept: "Accept Suggested Matches…",
  create: "Create Configurations…",
  ignore: "Ignore…",
  revert: "Revert Matches…",
};

const OFFERED: Record<Status, readonly BulkAction[]> = {
  unmatched: ["accept", "create", "ignore"],
  matched: ["revert", "ignore"],
  ignored: ["accept", "create", "revert"],
  all: ["accept", "create", "ignore", "revert"],
};

interface BulkMenuProps {
  readonly status: Status;
  readonly checked: number;
  readonly onChoose: (action: BulkAction) => void;
  readonly onClear: () => void;
}

export function BulkMenu({ status, checked, onChoose, onClear }: BulkMenuProps) {
  const { me } = useSession();
  const refusal =
    decideRefusal(me.role) ?? (checked === 0 ? "Check rows first, or all by the header's check box." : null);
  return (
    <div className="bulk-menu">
      <Menu
        label="Bulk Actions"
        items={OFFERED[status].map((id) => ({ id, label: LABELS[id], refusal }))}
        onChoose={(id) => onChoose(id as BulkAction)}
      >
        Bulk Actions <Down />
      </Menu>
      {checked > 0 && (
        <span role="status">
          {plural(checked, "device")} checked{" "}
          <button type="button" className="link" onClick={onClear}>
            Clear
          </button>
        </span>
      )}
    </div>
  );
}
