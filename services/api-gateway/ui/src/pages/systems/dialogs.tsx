// What System Matching asks before it decides.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { asProblem } from "../../api/problems";
import * as queries from "../../api/queries";
import type { Candidate, Configuration, DeviceRow } from "../../api/types";
import { type Choice, Chooser } from "../../components/chooser";
import { FormDialog } from "../../components/dialog";
import type { BulkAction, IgnoreDetails } from "../../decisions/commands";
import { percent, plural, ruleLabel } from "../../lib/format";
import { useRested } from "../../lib/hooks";
import { deviceName } from "./cells";

const TYPING_MS = 60;

interface MatchDialogProps {
  readonly row: DeviceRow;
  /** The organization whose configurations can be chosen; null while the tenant is matched to none. */
  readonly organization: { readonly id: string; readonly name: string } | null;
  readonly onMatch: (row: DeviceRow, configurationId: string) => void;
  readonly onClose: () => void;
}

/** Match To, or Change Match: a configuration's name, serial number or MAC address is typed and one is chosen. */
export function MatchDialog({ row, organization, onMatch, onClose }: MatchDialogProps) {
  const [search, setSearch] = useState("");
  const asked = useRested(search.trim(), TYPING_MS);
  const found = useQuery({
    ...queries.configurations(organization?.id ?? "", asked),
    enabled: organization !== null,
  });
  const detail = useQuery(queries.device(row.tenant_id, row.device_id));
  const whole = detail.data?.suggestion_detail;
  const likely = asked === "" ? [...(whole?.candidate ? [whole.candidate] : []), ...(whole?.runners_up ?? [])] : [];
  const choices = merge(likely, found.data ?? [], row);
  const verb = row.status === "matched" ? "Change Match of" : "Match";
  return (
    <Chooser
      title={`${verb} ${deviceName(row)} to`}
      label="A configuration's name, serial number or MAC address"
      search={search}
      onSearch={setSearch}
      choices={choices}
      loading={found.isFetching}
      problem={problemOf(organization, found.error)}
      empty={`${organization?.name ?? "The organization"} has no such configuration.`}
      onChoose={(choice) => {
        onMatch(row, choice.id);
        onClose();
      }}
      onClose={onClose}
    />
  );
}

function problemOf(organization: MatchDialogProps["organization"], error: unknown): string | null {
  if (!organization) return "Match the tenant to an organization first: its configurations can be chosen then.";
  return error ? asProblem(error).sentence : null;
}

/** What the matcher holds likely first, then what was found, none twice. */
function merge(likely: readonly Candidate[], found: readonly Configuration[], row: DeviceRow): Choice[] {
  const known = new Map(found.map((configuration) => [configuration.id, configuration]));
  const first = likely.map((candidate): Choice => {
    const configuration = known.get(candidate.target_id);
    return {
      id: candidate.target_id,
      name: candidate.target_name,
      detail: `${percent(candidate.confidence)} by ${ruleLabel(candidate.rule)}`,
      refusal: configuration ? takenBy(configuration, row) : null,
    };
  });
  const taken = new Set(first.map((choice) => choice.id));
  const rest = found.filter((configuration) => !taken.has(configuration.id));
  return [...first, ...rest.map((configuration) => choiceOf(configuration, row))];
}

function choiceOf(configuration: Configuration, row: DeviceRow): Choice {
  return {
    id: configuration.id,
    name: configuration.name,
    detail: [configuration.serial_number, configuration.type].filter(Boolean).join(" · "),
    refusal: takenBy(configuration, row),
  };
}

function takenBy(configuration: Configuration, row: DeviceRow): string | null {
  if (configuration.archived) return "archived";
  const device = configuration.matched_device;
  if (!device) return null;
  return device.device_id === row.device_id
    ? "matched to this device"
    : `matched to ${device.device_name ?? "another device"}`;
}

interface CreateDialogProps {
  readonly row: DeviceRow;
  readonly onCreate: (
    row: DeviceRow,
    details: { name?: string; configuration_type?: string; confirmed?: boolean },
  ) => void;
  readonly onClose: () => void;
}

export function CreateDialog({ row, onCreate, onClose }: CreateDialogProps) {
  const [name, setName] = useState(row.device_name ?? "");
  const [type, setType] = useState("");
  const [confirmed, setConfirmed] = useState(false);
  const candidates = row.rejection?.reason === "candidates_exist" || row.suggestion?.status === "conflict";
  const submit = () =>
    onCreate(row, {
      ...(name.trim() ? { name: name.trim() } : {}),
      ...(type.trim() ? { configuration_type: type.trim() } : {}),
      confirmed,
    });
  return (
    <FormDialog
      title={`Create Configuration for ${deviceName(row)}`}
      submit="Create Configuration"
      onSubmit={submit}
      onClose={onClose}
    >
      <label className="field">
        Name
        <input
          className="input"
          value={name}
          maxLength={100}
          required
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        Type <span className="muted">(optional)</span>
        <input className="input" value={type} placeholder="Laptop" onChange={(event) => setType(event.target.value)} />
      </label>
      <p className="muted">
        First try its serial number and MAC address under Match To. The new configuration takes the device's facts, is
        matched to it, and does not sync to the PSA until it is edited and saved.
      </p>
      {candidates && (
        <label className="check-field">
          <input type="checkbox" checked={confirmed} onChange={(event) => setConfirmed(event.target.checked)} />
          Create another one although a free configuration has the same serial number or MAC address
        </label>
      )}
    </FormDialog>
  );
}

interface IgnoreDialogProps {
  readonly title: string;
  /** Whether an end can be set. */
  readonly expires: boolean;
  readonly onIgnore: (details: IgnoreDetails) => void;
  readonly onClose: () => void;
}

export function IgnoreDialog({ title, expires, onIgnore, onClose }: IgnoreDialogProps) {
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const submit = () =>
    onIgnore({
      ...(reason.trim() ? { reason: reason.trim() } : {}),
      ...(until ? { until: new Date(`${until}T00:00:00`).toISOString() } : {}),
    });
  return (
    <FormDialog title={title} submit="Ignore" onSubmit={submit} onClose={onClose}>
      <label className="field">
        Reason <span className="muted">(optional)</span>
        <input className="input" value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
      </label>
      {expires && (
        <label className="field">
          Until <span className="muted">(optional; without it, until someone reverts it)</span>
          <input className="input" type="date" value={until} onChange={(event) => setUntil(event.target.value)} />
        </label>
      )}
      <p className="muted">
        What is ignored no longer counts as unmatched, in later syncs either. It moves to the Ignored filter and can be
        matched later.
      </p>
    </FormDialog>
  );
}

const ASKED: Record<Exclude<BulkAction, "ignore">, { title: string; submit: string; note: string }> = {
  accept: {
    title: "Accept Suggested Matches",
    submit: "Accept",
    note: "Devices without a suggested match, and those in conflict, are left as they are.",
  },
  create: {
    title: "Create Configurations",
    submit: "Create",
    note: "A device is refused, with the candidates, where a free configuration has its serial number or MAC address. New configurations do not sync to the PSA until they are edited and saved.",
  },
  revert: {
    title: "Revert Matches",
    submit: "Revert",
    note: "The devices return to Unmatched. What sync wrote over documented values is restored.",
  },
};

interface BulkDialogProps {
  readonly action: BulkAction;
  readonly checked: number;
  readonly onConfirm: (details: IgnoreDetails) => void;
  readonly onClose: () => void;
}

export function BulkDialog({ action, checked, onConfirm, onClose }: BulkDialogProps) {
  const devices = plural(checked, "device");
  if (action === "ignore") {
    return <IgnoreDialog title={`Ignore ${devices}`} expires={false} onIgnore={onConfirm} onClose={onClose} />;
  }
  const { title, submit, note } = ASKED[action];
  return (
    <FormDialog
      title={`${title}: ${devices} checked`}
      submit={submit}
      confirm
      onSubmit={() => onConfirm({})}
      onClose={onClose}
    >
      <p>{note}</p>
    </FormDialog>
  );
}
