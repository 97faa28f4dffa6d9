// The dialog that is open in System Matching, if one is.
import type { DeviceRow } from "../../api/types";
import type { BulkAction, IgnoreDetails } from "../../decisions/commands";
import { deviceName } from "./cells";
import { BulkDialog, CreateDialog, IgnoreDialog, MatchDialog } from "./dialogs";

export type Asked =
  | { readonly kind: "matchTo" | "create" | "ignoreBecause"; readonly row: DeviceRow }
  | { readonly kind: "bulk"; readonly action: BulkAction };

interface SystemsDialogsProps {
  readonly asked: Asked | null;
  readonly organization: { readonly id: string; readonly name: string } | null;
  readonly checked: number;
  readonly onMatch: (row: DeviceRow, configurationId: string) => void;
  readonly onCreate: (
    row: DeviceRow,
    details: { name?: string; configuration_type?: string; confirmed?: boolean },
  ) => void;
  readonly onIgnore: (row: DeviceRow, details: IgnoreDetails) => void;
  readonly onBulk: (action: BulkAction, details: IgnoreDetails) => void;
  readonly onClose: () => void;
}

export function SystemsDialogs(props: SystemsDialogsProps) {
  const { asked, onClose } = props;
  switch (asked?.kind) {
    case undefined:
      return null;
    case "matchTo":
      return (
        <MatchDialog row={asked.row} organization={props.organization} onMatch={props.onMatch} onClose={onClose} />
      );
    case "create":
      return <CreateDialog row={asked.row} onCreate={props.onCreate} onClose={onClose} />;
    case "ignoreBecause":
      return (
        <IgnoreDialog
          title={`Ignore ${deviceName(asked.row)}`}
          expires
          onIgnore={(details) => props.onIgnore(asked.row, details)}
          onClose={onClose}
        />
      );
    case "bulk":
      return (
        <BulkDialog
          action={asked.action}
          checked={props.checked}
          onConfirm={(details) => props.onBulk(asked.action, details)}
          onClose={onClose}
        />
      );
  }
}
