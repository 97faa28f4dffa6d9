// The test of the connection to a tenant: which step fails, and what to do.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { asProblem } from "../../api/problems";
import * as queries from "../../api/queries";
import { testConnection } from "../../api/requests";
import type { ConnectionTest, TenantRow } from "../../api/types";
import { moment } from "../../lib/format";
import { decideRefusal } from "../../lib/roles";
import { useSession } from "../../session";
import { Section } from "../systems/panel";

type Step = ConnectionTest["steps"][number];

const STEPS: Record<Step["step"], string> = {
  sign_in: "Sign in",
  consent: "Consent",
  directory: "Name and domains",
  relationship: "Partner relationship",
  licence: "Intune licence",
  devices: "Devices",
};

const OUTCOMES: Record<Step["outcome"], string> = {
  ok: "works",
  warning: "works, but",
  failed: "fails",
  not_reached: "not reached",
};

export function ConnectionSection({ row }: { row: TenantRow }) {
  const { me } = useSession();
  const refusal = decideRefusal(me.role);
  const client = useQueryClient();
  const latest = queries.connectionTest(row.tenant_id);
  const shown = useQuery(latest);
  const test = useMutation({
    mutationFn: () => testConnection(row.tenant_id),
    onSuccess: (found) => client.setQueryData(latest.queryKey, found),
  });
  const problem = test.error ?? (shown.data === undefined ? shown.error : null);
  return (
    <Section title="Connection">
      <div className="panel-actions">
        <button
          type="button"
          className="button"
          disabled={refusal !== null || test.isPending}
          title={refusal ?? "Try each step of the connection to this tenant"}
          onClick={() => test.mutate()}
        >
          {test.isPending ? "Testing…" : "Test connection"}
        </button>
      </div>
      <div aria-live="polite">
        {problem && <p className="danger-text">{asProblem(problem).sentence}</p>}
        {shown.data && <Steps test={shown.data} />}
        {shown.data === null && !test.isPending && <p className="muted">Not tested lately.</p>}
      </div>
    </Section>
  );
}

function Steps({ test }: { test: ConnectionTest }) {
  return (
    <>
      <p className="muted">
        {test.ok ? "The connection works." : "The connection does not work."} {moment(test.at)}
      </p>
      <ol className="history">
        {test.steps.map((step) => (
          <li key={step.step}>
            <strong>{STEPS[step.step]}</strong>{" "}
            <span className={step.outcome === "failed" ? "danger-text" : "muted"}>{OUTCOMES[step.outcome]}</span>
            {step.message && (
              <div>
                {step.message} {step.detail && <span className="mono">{step.detail}</span>}
              </div>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
