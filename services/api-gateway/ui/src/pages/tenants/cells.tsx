// What the cells of Microsoft Tenant Matching show.
import { Link } from "wouter";

import type { TenantRow } from "../../api/types";
import { Confidence, Meter } from "../../components/confidence";
import { Warning } from "../../components/icons";
import { subjectKey, underWay } from "../../decisions/commands";
import { usePending } from "../../decisions/pending";
import { count, moment, ruleLabel } from "../../lib/format";
import { systemsAddress } from "../../lib/routes";
import { TwoLines } from "../systems/cells";

export function usePendingTenant(row: TenantRow): string | null {
  const sent = usePending(subjectKey(row.tenant_id));
  return sent?.command.command ?? row.pending?.command ?? null;
}

export function TenantCell({ row }: { row: TenantRow }) {
  return (
    <TwoLines
      first={
        <Link href={systemsAddress(row.tenant_id)} className="row-link" tabIndex={-1} title="Match Devices">
          {row.display_name}
        </Link>
      }
      second={row.default_domain ?? row.verified_domains[0] ?? "No domain"}
    />
  );
}

/** The organization a tenant is matched to or may be, or why there is none. */
export function OrganizationCell({ row }: { row: TenantRow }) {
  const pending = usePendingTenant(row);
  if (pending) return <span className="pending">{underWay(pending)}</span>;
  switch (row.status) {
    case "matched":
      return <TwoLines first={row.organization?.name ?? "An organization that is not known here"} second="Matched" />;
    case "ignored":
      return (
        <TwoLines
          first={
            <span className="muted">
              {row.ignored_until ? `Ignored until ${moment(row.ignored_until)}` : "Ignored"}
            </span>
          }
          second={row.ignored_reason ?? ""}
        />
      );
    case "unmatched":
      return <Suggested row={row} />;
  }
}

function Suggested({ row }: { row: TenantRow }) {
  const suggestion = row.suggestion;
  if (suggestion?.status === "conflict") {
    return (
      <TwoLines
        first={
          <span className="warning-text">
            <Warning /> Conflict
          </span>
        }
        second={`${suggestion.runners_up.length} organizations fit alike`}
      />
    );
  }
  const candidate = suggestion?.candidate;
  if (!candidate) return <span className="muted">No suggested organization</span>;
  return (
    <TwoLines
      first={<>Suggested: {candidate.target_name}</>}
      second={
        <>
          <Confidence value={candidate.confidence} /> <span>by {ruleLabel(candidate.rule)}</span>
        </>
      }
    />
  );
}

/** Matched against all devices, as the Unmatched Machines column has it. */
export function MachinesCell({ row }: { row: TenantRow }) {
  const {
    devices_matched: matched,
    devices_total: total,
    devices_unmatched: unmatched,
    devices_ignored: ignored,
  } = row;
  if (total === 0) return <span className="muted">No devices</span>;
  const left = unmatched === 0 ? "all done" : `${count(unmatched)} unmatched`;
  const words = `${count(matched)} of ${count(total)} matched`;
  return (
    <TwoLines
      first={
        <>
          <Meter value={matched} total={total - ignored} label={words} />
          <span className="figure">
            {count(matched)}/{count(total)}
          </span>
        </>
      }
      second={ignored > 0 ? `${left}, ${count(ignored)} ignored` : left}
    />
  );
}
