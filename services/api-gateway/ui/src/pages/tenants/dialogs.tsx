// What Microsoft Tenant Matching asks before it decides.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { asProblem } from "../../api/problems";
import * as queries from "../../api/queries";
import { addTenant, removeTenant } from "../../api/requests";
import type { TenantRow } from "../../api/types";
import { type Choice, Chooser } from "../../components/chooser";
import { FormDialog } from "../../components/dialog";
import type { IgnoreDetails } from "../../decisions/commands";
import { percent, ruleLabel } from "../../lib/format";
import { useRested } from "../../lib/hooks";
import { IgnoreDialog } from "../systems/dialogs";

export interface Asked {
  readonly kind: "matchTo" | "create" | "ignoreBecause" | "remove";
  readonly row: TenantRow;
}

interface TenantDialogsProps {
  readonly asked: Asked | null;
  readonly onMatch: (row: TenantRow, organizationId: string) => void;
  readonly onCreate: (row: TenantRow, name: string) => void;
  readonly onIgnore: (row: TenantRow, details: IgnoreDetails) => void;
  readonly onClose: () => void;
}

export function TenantDialogs({ asked, onMatch, onCreate, onIgnore, onClose }: TenantDialogsProps) {
  if (!asked) return null;
  const { kind, row } = asked;
  if (kind === "matchTo") return <MatchDialog row={row} onMatch={onMatch} onClose={onClose} />;
  if (kind === "create") return <CreateDialog row={row} onCreate={onCreate} onClose={onClose} />;
  if (kind === "remove") return <RemoveDialog row={row} onClose={onClose} />;
  return (
    <IgnoreDialog
      title={`Ignore ${row.display_name}`}
      expires
      onIgnore={(details) => onIgnore(row, details)}
      onClose={onClose}
    />
  );
}

interface MatchDialogProps extends Pick<TenantDialogsProps, "onMatch" | "onClose"> {
  readonly row: TenantRow;
}

const TYPING_MS = 60;

function MatchDialog({ row, onMatch, onClose }: MatchDialogProps) {
  const [search, setSearch] = useState("");
  const asked = useRested(search.trim(), TYPING_MS);
  const found = useQuery(queries.organizations(asked));
  const likely = asked === "" ? likelyOrganizations(row) : [];
  const known = new Set(likely.map(({ id }) => id));
  const rest = (found.data ?? []).filter(({ id }) => !known.has(id));
  const choices = [...likely, ...rest].map((choice): Choice => ({
    ...choice,
    refusal: choice.id === row.organization?.id ? "matched to it already" : null,
  }));
  return (
    <Chooser
      title={`${row.status === "matched" ? "Change Match of" : "Match"} ${row.display_name} to`}
      label="An organization's name"
      search={search}
      onSearch={setSearch}
      choices={choices}
      loading={found.isFetching}
      problem={found.error ? asProblem(found.error).sentence : null}
      empty="No organization has such a name."
      onChoose={(choice) => {
        onMatch(row, choice.id);
        onClose();
      }}
      onClose={onClose}
    />
  );
}

function likelyOrganizations(row: TenantRow): Choice[] {
  const suggestion = row.suggestion;
  const candidates = [...(suggestion?.candidate ? [suggestion.candidate] : []), ...(suggestion?.runners_up ?? [])];
  return candidates.map((candidate) => ({
    id: candidate.target_id,
    name: candidate.target_name,
    detail: `${percent(candidate.confidence)} by ${ruleLabel(candidate.rule)}`,
  }));
}

interface CreateDialogProps extends Pick<TenantDialogsProps, "onCreate" | "onClose"> {
  readonly row: TenantRow;
}

function CreateDialog({ row, onCreate, onClose }: CreateDialogProps) {
  const [name, setName] = useState(row.display_name);
  return (
    <FormDialog
      title={`Create Organization for ${row.display_name}`}
      submit="Create Organization"
      onSubmit={() => onCreate(row, name.trim())}
      onClose={onClose}
    >
      <label className="field">
        Name
        <input
          className="input"
          value={name}
          required
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <p className="muted">The tenant is matched to the new organization, which has no configurations yet.</p>
    </FormDialog>
  );
}

function RemoveDialog({ row, onClose }: { row: TenantRow; onClose: () => void }) {
  return (
    <FormDialog
      title={`Remove ${row.display_name}`}
      submit="Remove tenant"
      confirm
      onSubmit={() => void removeTenant(row.tenant_id, row.display_name)}
      onClose={onClose}
    >
      <p>Matchbook no longer syncs this tenant. Its devices and decisions stay, and it can be added again.</p>
    </FormDialog>
  );
}

/** Asks for a tenant that no list of the partner names. */
export function AddTenantDialog({ onClose }: { onClose: () => void }) {
  const [tenant, setTenant] = useState("");
  const [name, setName] = useState("");
  return (
    <FormDialog
      title="Add tenant"
      submit="Add tenant"
      onSubmit={() => void addTenant(tenant.trim(), name.trim())}
      onClose={onClose}
    >
      <label className="field">
        Tenant ID or domain
        <input
          className="input"
          value={tenant}
          required
          minLength={3}
          maxLength={200}
          pattern="\s*[A-Za-z0-9.\-]+\s*"
          title="A tenant's ID, or one of its domains such as contoso.com"
          placeholder="contoso.com"
          onChange={(event) => setTenant(event.target.value)}
        />
      </label>
      <label className="field">
        Name (optional)
        <input className="input" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
      </label>
      <p className="muted">
        For a tenant that is not among the partner&apos;s customers. It has to consent to Matchbook like any other; the
        name is used until its own was read.
      </p>
    </FormDialog>
  );
}
