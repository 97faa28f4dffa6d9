import type { TenantRow } from "../api/types";
import { ago, moment } from "../lib/format";
import { useNow } from "../lib/hooks";

/** When a tenant's devices were last read, in a word or two; the sentence about a failure stands elsewhere. */
export function SyncState({ tenant }: { tenant: TenantRow }) {
  const now = useNow();
  const last = tenant.last_sync;
  if (tenant.access === "lost") return <span className="danger-text">No access</span>;
  if (!tenant.sync_intune_devices) return <span className="muted">Sync is off</span>;
  if (!last) return <span className="muted">Not synced yet</span>;
  if (last.status === "running") return <span className="pending">Syncing…</span>;
  const when = <span title={moment(last.at)}>{ago(last.at, now)}</span>;
  return last.status === "failed" ? <span className="danger-text">Failed {when}</span> : when;
}

const LOSSES: Record<NonNullable<TenantRow["access_reason"]>, string> = {
  consent_missing: "Consent is missing in this tenant: its administrator has to agree to Matchbook.",
  permission_missing: "Matchbook lacks a permission in this tenant.",
  licence_missing: "This tenant has no Intune licence.",
  relationship_expired: "The partner relationship with this tenant has ended.",
  credential_rejected: "Microsoft did not accept Matchbook's certificate.",
  removed: "Matchbook looks after this tenant no longer.",
};

/** What keeps a tenant from being read, as a sentence; null when nothing does. */
export function accessTrouble(tenant: TenantRow): string | null {
  if (tenant.access === "lost") {
    const reason = tenant.access_reason ? LOSSES[tenant.access_reason] : "Access to this tenant is gone.";
    return tenant.access_detail && tenant.access_detail !== reason ? `${reason} (${tenant.access_detail})` : reason;
  }
  return tenant.last_sync?.status === "failed" ? (tenant.last_sync.message ?? "The last sync failed.") : null;
}
