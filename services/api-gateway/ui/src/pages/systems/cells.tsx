// What the cells of System Matching show.
import type { ReactNode } from "react";

import type { DeviceRow } from "../../api/types";
import { Confidence } from "../../components/confidence";
import { Warning } from "../../components/icons";
import { subjectKey, underWay } from "../../decisions/commands";
import { usePending } from "../../decisions/pending";
import { ago, modelName, moment, ruleLabel } from "../../lib/format";
import { useNow } from "../../lib/hooks";

/** What is being decided about a device, from this page or by anybody else; null when nothing is. */
export function usePendingCommand(row: DeviceRow): string | null {
  const sent = usePending(subjectKey(row.tenant_id, row.device_id));
  return sent?.command.command ?? row.pending?.command ?? null;
}

export function deviceName(row: Pick<DeviceRow, "device_name" | "serial_number" | "device_id">): string {
  return row.device_name ?? row.serial_number ?? row.device_id;
}

interface TwoLinesProps {
  readonly first: ReactNode;
  readonly second: ReactNode;
}

export function TwoLines({ first, second }: TwoLinesProps) {
  return (
    <div className="two-lines">
      <div className="line first">{first}</div>
      <div className="line second">{second}</div>
    </div>
  );
}

export function DeviceCell({ row }: { row: DeviceRow }) {
  return (
    <TwoLines
      first={<span title={row.device_id}>{deviceName(row)}</span>}
      second={row.user_principal_name ?? "No user"}
    />
  );
}

export function SerialCell({ row }: { row: DeviceRow }) {
  return (
    <TwoLines
      first={<span className="mono">{row.serial_number ?? <span className="muted">No serial number</span>}</span>}
      second={modelName(row.manufacturer, row.model)}
    />
  );
}

export function SystemCell({ row }: { row: DeviceRow }) {
  const now = useNow();
  const seen = row.last_sync_at;
  return (
    <TwoLines
      first={row.operating_system ?? ""}
      second={seen ? <span title={moment(seen)}>seen {ago(seen, now)}</span> : "never seen"}
    />
  );
}

/** The suggested match, or what the device is matched to, or why neither. */
export function MatchCell({ row }: { row: DeviceRow }) {
  const pending = usePendingCommand(row);
  if (pending) return <span className="pending">{underWay(pending)}</span>;
  switch (row.status) {
    case "matched":
      return <MatchedTo row={row} />;
    case "ignored":
      return <Ignored row={row} />;
    case "retired":
      return <span className="muted">Gone from Intune</span>;
    case "superseded":
      return <span className="muted">Enrolled again; see its newer enrolment</span>;
    case "unmatched":
      return <Suggested row={row} />;
  }
}

function MatchedTo({ row }: { row: DeviceRow }) {
  const configuration = row.configuration;
  return (
    <TwoLines
      first={configuration?.name ?? "A configuration that is not known here"}
      second={
        <>
          Matched
          {configuration?.psa_sync === "held" && (
            <span className="chip" title="New items do not sync to the PSA before they are edited and saved">
              held from PSA sync
            </span>
          )}
          {row.orphaned && (
            <span
              className="chip warning"
              title="The tenant is not matched to this configuration's organization any more"
            >
              orphaned
            </span>
          )}
        </>
      }
    />
  );
}

export function Ignored({ row }: { row: DeviceRow }) {
  const until = row.ignored_until ? `Ignored until ${moment(row.ignored_until)}` : "Ignored";
  return (
    <TwoLines
      first={
        <>
          <span className="muted">{until}</span>
          {row.changed_since && (
            <span className="chip warning" title="What is suggested is not what was suggested when it was ignored">
              Changed since
            </span>
          )}
        </>
      }
      second={row.ignored_reason ?? ""}
    />
  );
}

function Suggested({ row }: { row: DeviceRow }) {
  const suggestion = row.suggestion;
  switch (suggestion?.status) {
    case "suggested":
      return (
        <TwoLines
          first={suggestion.target_name ?? suggestion.target_id}
          second={
            <>
              {suggestion.confidence !== null && <Confidence value={suggestion.confidence} />}
              {suggestion.rule && <span>by {ruleLabel(suggestion.rule)}</span>}
            </>
          }
        />
      );
    case "conflict":
      return (
        <TwoLines
          first={
            <span className="warning-text">
              <Warning /> Conflict
            </span>
          }
          second={`${suggestion.candidates} configurations fit alike`}
        />
      );
    case "elsewhere":
      return (
        <TwoLines
          first={<span className="warning-text">Documented elsewhere</span>}
          second={`${suggestion.elsewhere?.configuration_name ?? ""} of ${suggestion.elsewhere?.organization_name ?? "another organization"}`}
        />
      );
    default:
      return <span className="muted">No suggested match</span>;
  }
}
