// Which tenant this is: its organization, how far it is, when it was last synced, and what is wrong with it.
import { Link } from "wouter";

import { requestSync } from "../../api/requests";
import type { TenantDetail } from "../../api/types";
import { Meter } from "../../components/confidence";
import { Back, Sync, Warning } from "../../components/icons";
import { accessTrouble, SyncState } from "../../components/sync-state";
import { acceptTenant, subjectKey, underWay } from "../../decisions/commands";
import { usePending } from "../../decisions/pending";
import { count } from "../../lib/format";
import { decideRefusal } from "../../lib/roles";
import { useSession } from "../../session";

export function SystemsHead({ tenant }: { tenant: TenantDetail }) {
  const trouble = accessTrouble(tenant);
  const done = `${count(tenant.devices_matched)} of ${count(tenant.devices_total)} devices matched`;
  return (
    <>
      <div className="page-head">
        <Link
          href="/tenants"
          className="back"
          aria-label="Back to Microsoft Tenant Matching"
          title="Microsoft Tenant Matching"
        >
          <Back />
        </Link>
        <div className="titles">
          <h1>
            System Matching <span className="of">{tenant.display_name}</span>
          </h1>
          <p className="muted">
            {tenant.organization ? `Matched to ${tenant.organization.name}` : "Not matched to an organization"} ·{" "}
            {tenant.default_domain}
          </p>
        </div>
        <div className="figures">
          <span>{done}</span>
          <Meter value={tenant.devices_matched} total={tenant.devices_total} label={done} />
        </div>
        <SyncInfo tenant={tenant} />
      </div>
      {trouble && (
        <div className="banner warning">
          <Warning /> {trouble}
        </div>
      )}
      {tenant.status !== "matched" && <NotMatched tenant={tenant} />}
    </>
  );
}

function SyncInfo({ tenant }: { tenant: TenantDetail }) {
  const { me } = useSession();
  const refusal = decideRefusal(me.role);
  return (
    <div className="sync-info">
      <span>
        <span className="muted">Last sync</span> <SyncState tenant={tenant} />
      </span>
      <button
        type="button"
        className="button small"
        disabled={refusal !== null || !tenant.sync_intune_devices || tenant.last_sync?.status === "running"}
        title={refusal ?? "Read this tenant's devices from Intune now"}
        onClick={() => void requestSync(tenant.tenant_id, tenant.display_name)}
      >
        <Sync /> Sync now
      </button>
    </div>
  );
}

function NotMatched({ tenant }: { tenant: TenantDetail }) {
  const { me, decider } = useSession();
  const pending = usePending(subjectKey(tenant.tenant_id));
  const refusal = decideRefusal(me.role);
  const accept = acceptTenant(tenant);
  const candidate = tenant.suggestion?.candidate;
  if (pending) return <div className="banner">{underWay(pending.command.command)}</div>;
  return (
    <div className="banner">
      <span>
        Devices get suggestions once their tenant is matched to an organization.
        {candidate && (
          <>
            {" "}
            Suggested: <strong>{candidate.target_name}</strong>.
          </>
        )}
      </span>
      {accept && (
        <button
          type="button"
          className="button small primary"
          disabled={refusal !== null}
          title={refusal ?? "Accept Suggested Match"}
          onClick={() => void decider.one({ command: accept, name: tenant.display_name })}
        >
          Accept Suggested Match
        </button>
      )}
    </div>
  );
}
