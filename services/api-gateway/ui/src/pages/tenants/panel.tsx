// The details of a tenant: why an organization is suggested, its domains, its syncs, its history.
import { useQuery } from "@tanstack/react-query";

import * as queries from "../../api/queries";
import { confirmRetirements } from "../../api/requests";
import type { Candidate, SyncRun, TenantRow } from "../../api/types";
import { Confidence } from "../../components/confidence";
import { Evidence, SideBySide } from "../../components/evidence";
import { History } from "../../components/history";
import { Cross } from "../../components/icons";
import { Failure, Loading } from "../../components/states";
import { count, moment, ruleLabel } from "../../lib/format";
import { administerRefusal, decideRefusal } from "../../lib/roles";
import { useSession } from "../../session";
import { RunnerUp, Section } from "../systems/panel";
import { ConnectionSection } from "./connection";
import { SettingsSection } from "./settings";

interface TenantPanelProps {
  readonly row: TenantRow;
  readonly onMatch: (row: TenantRow, organizationId: string) => void;
  readonly onClose: () => void;
}

export function TenantPanel({ row, onMatch, onClose }: TenantPanelProps) {
  const detail = useQuery(queries.tenant(row.tenant_id));
  const runs = useQuery(queries.syncRuns(row.tenant_id));
  return (
    <aside className="panel" aria-label={`Details of ${row.display_name}`}>
      <div className="panel-head">
        <h2>{row.display_name}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the details"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Cross />
        </button>
      </div>
      <div className="panel-body">
        <SuggestionSection row={row} onMatch={onMatch} />
        <Section title="Tenant">
          <dl className="facts">
            <div>
              <dt>Tenant ID</dt>
              <dd className="mono">{row.tenant_id}</dd>
            </div>
            <div>
              <dt>Verified domains</dt>
              <dd>{row.verified_domains.join(", ") || "none"}</dd>
            </div>
            <div>
              <dt>Sync Intune Devices</dt>
              <dd>{row.sync_intune_devices ? "On" : "Off"}</dd>
            </div>
          </dl>
        </Section>
        {detail.data && <SettingsSection tenant={detail.data} />}
        <ConnectionSection key={row.tenant_id} row={row} />
        <Section title="Syncs">
          {runs.data && <Runs runs={runs.data} />}
          {runs.isPending && <Loading label="Loading…" />}
          {runs.error && !runs.data && <Failure error={runs.error} onRetry={() => void runs.refetch()} />}
        </Section>
        <Section title="History">
          {detail.data && <History entries={detail.data.history} />}
          {detail.isPending && <Loading label="Loading…" />}
          {detail.error && !detail.data && <Failure error={detail.error} onRetry={() => void detail.refetch()} />}
        </Section>
      </div>
    </aside>
  );
}

function SuggestionSection({ row, onMatch }: Omit<TenantPanelProps, "onClose">) {
  const { me } = useSession();
  const suggestion = row.suggestion;
  if (!suggestion || row.status === "matched") return null;
  const refusal = decideRefusal(me.role);
  const choose = (candidate: Candidate) => onMatch(row, candidate.target_id);
  if (suggestion.status === "conflict") {
    return (
      <Section title="Conflict: choose one">
        <SideBySide candidates={suggestion.runners_up} refusal={refusal} onChoose={choose} />
      </Section>
    );
  }
  return (
    <>
      {suggestion.candidate && (
        <Section title="Why this match">
          <p className="candidate">
            <strong>{suggestion.candidate.target_name}</strong> <Confidence value={suggestion.candidate.confidence} />
            <span className="muted">decided by {ruleLabel(suggestion.candidate.rule)}</span>
          </p>
          <Evidence evidence={suggestion.candidate.evidence} left="Microsoft" />
        </Section>
      )}
      {suggestion.runners_up.length > 0 && (
        <Section title="Also possible">
          {suggestion.runners_up.map((candidate) => (
            <RunnerUp key={candidate.target_id} candidate={candidate} refusal={refusal} onChoose={choose} />
          ))}
        </Section>
      )}
    </>
  );
}

const SHOWN_RUNS = 5;

function Runs({ runs }: { runs: readonly SyncRun[] }) {
  if (runs.length === 0) return <p className="muted">Not synced yet.</p>;
  const [latest] = runs;
  return (
    <ol className="history">
      {runs.slice(0, SHOWN_RUNS).map((run) => (
        <li key={run.run_id}>
          <div>
            <strong>{{ running: "Running", completed: "Completed", failed: "Failed" }[run.status]}</strong>
            <span className="muted"> {moment(run.at)}</span>
          </div>
          <div>
            {count(run.counts.seen)} seen, {count(run.counts.published)} changed, {count(run.counts.retired)} gone
          </div>
          {run.message && <div className="danger-text">{run.message}</div>}
          {run === latest && run.reason === "retirement_brake" && <Confirm run={run} />}
        </li>
      ))}
    </ol>
  );
}

function Confirm({ run }: { run: SyncRun }) {
  const { me } = useSession();
  const refusal = administerRefusal(me.role);
  return (
    <div className="panel-actions">
      <button
        type="button"
        className="button"
        disabled={refusal !== null}
        title={refusal ?? "Let the next sweep retire what this one did not find"}
        onClick={() => void confirmRetirements(run.tenant_id, run.run_id)}
      >
        They are really gone
      </button>
    </div>
  );
}
