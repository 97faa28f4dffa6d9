// The details of the active device: what it is, why the match is suggested, what else it could be, what happened.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import * as queries from "../../api/queries";
import type { Candidate, DeviceDetail, DeviceRow } from "../../api/types";
import { Confidence } from "../../components/confidence";
import { Evidence, SideBySide } from "../../components/evidence";
import { History } from "../../components/history";
import { Cross, Warning } from "../../components/icons";
import { Failure, Loading } from "../../components/states";
import { deviceActions, type DeviceActionId, deviceRefusal } from "../../decisions/actions";
import { fact, fieldLabel, ruleLabel } from "../../lib/format";
import { useSession } from "../../session";
import { deviceName, MatchCell, usePendingCommand } from "./cells";
import type { Act } from "./columns";

interface PanelProps {
  readonly row: DeviceRow;
  readonly act: Act;
  readonly onMatch: (row: DeviceRow, configurationId: string) => void;
  readonly onClose: () => void;
}

export function DevicePanel({ row, act, onMatch, onClose }: PanelProps) {
  const detail = useQuery(queries.device(row.tenant_id, row.device_id));
  return (
    <aside className="panel" aria-label={`Details of ${deviceName(row)}`}>
      <div className="panel-head">
        <h2>{deviceName(row)}</h2>
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
        <Standing row={row} />
        <ChangedSince row={row} />
        {row.rejection && (
          <p className="warning-text">
            <Warning /> {row.rejection.message}
          </p>
        )}
        <PanelActions row={row} act={act} />
        {detail.isPending && <Loading label="Loading the details…" />}
        {detail.error && !detail.data && <Failure error={detail.error} onRetry={() => void detail.refetch()} />}
        {detail.data && <Details detail={detail.data} row={row} onMatch={onMatch} />}
      </div>
    </aside>
  );
}

/** Where the device stands; a suggestion is told of below, with its evidence. */
function Standing({ row }: { row: DeviceRow }) {
  const pending = usePendingCommand(row);
  const told = row.status === "unmatched" && row.suggestion !== null && pending === null;
  return told ? null : <MatchCell row={row} />;
}

export function ChangedSince({ row }: { row: DeviceRow }) {
  if (!row.changed_since) return null;
  return (
    <p className="warning-text">
      <Warning /> What is suggested has changed since this device was ignored.
    </p>
  );
}

function PanelActions({ row, act }: { row: DeviceRow; act: Act }) {
  const { me } = useSession();
  const actions = deviceActions(row, me.role).filter(({ id }) => id !== "ignoreBecause");
  const refusal = deviceRefusal(row, me.role);
  return (
    <div className="panel-actions">
      {actions.map(({ id, label, refusal: why }) => (
        <button
          key={id}
          type="button"
          className={id === "accept" && why === null ? "button small primary" : "button small"}
          disabled={why !== null}
          title={why ?? label}
          onClick={() => act(id satisfies DeviceActionId, row)}
        >
          {label.replace("…", "")}
        </button>
      ))}
      {refusal && <p className="muted">{refusal}</p>}
    </div>
  );
}

interface DetailsProps {
  readonly detail: DeviceDetail;
  readonly row: DeviceRow;
  readonly onMatch: PanelProps["onMatch"];
}

function Details({ detail, row, onMatch }: DetailsProps) {
  // Who matched it matters more than what it is once it is matched, and less before.
  const decided = row.status === "matched" || row.status === "ignored";
  const history = (
    <Section title="History">
      <History entries={detail.history} />
    </Section>
  );
  return (
    <>
      <SuggestionSection detail={detail} row={row} onMatch={onMatch} />
      {decided && history}
      <Section title="Facts from Intune">
        <Facts detail={detail} />
      </Section>
      {!decided && history}
    </>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function SuggestionSection({ detail, row, onMatch }: DetailsProps) {
  const { me } = useSession();
  const whole = detail.suggestion_detail;
  if (!whole || row.status === "matched") return null;
  const refusal = deviceRefusal(row, me.role);
  const choose = (candidate: Candidate) => onMatch(row, candidate.target_id);
  if (whole.status === "conflict") {
    return (
      <Section title="Conflict: choose one">
        <p className="muted">These configurations fit alike; nothing tells which one the machine is.</p>
        <SideBySide candidates={whole.runners_up} refusal={refusal} onChoose={choose} />
      </Section>
    );
  }
  return (
    <>
      {whole.elsewhere && (
        <Section title="Documented elsewhere">
          <p>
            The same serial number is documented as <strong>{whole.elsewhere.configuration_name}</strong> of{" "}
            <strong>{whole.elsewhere.organization_name}</strong>. A device can only be matched within its own
            organization: correct the documentation, or create a configuration here.
          </p>
        </Section>
      )}
      {whole.candidate && (
        <Section title="Why this match">
          <p className="candidate">
            <strong>{whole.candidate.target_name}</strong> <Confidence value={whole.candidate.confidence} />
            <span className="muted">decided by {ruleLabel(whole.candidate.rule)}</span>
          </p>
          <Evidence evidence={whole.candidate.evidence} left="Intune" />
        </Section>
      )}
      {whole.runners_up.length > 0 && (
        <Section title="Also possible">
          {whole.runners_up.map((candidate) => (
            <RunnerUp key={candidate.target_id} candidate={candidate} refusal={refusal} onChoose={choose} />
          ))}
        </Section>
      )}
    </>
  );
}

interface RunnerUpProps {
  readonly candidate: Candidate;
  readonly refusal: string | null;
  readonly onChoose: (candidate: Candidate) => void;
}

export function RunnerUp({ candidate, refusal, onChoose }: RunnerUpProps) {
  return (
    <details className="runner-up">
      <summary>
        <span>{candidate.target_name}</span> <Confidence value={candidate.confidence} />
        <span className="muted">{ruleLabel(candidate.rule)}</span>
      </summary>
      <Evidence evidence={candidate.evidence} left="Microsoft" />
      <button
        type="button"
        className="button small"
        disabled={refusal !== null}
        title={refusal ?? `Match To ${candidate.target_name}`}
        onClick={() => onChoose(candidate)}
      >
        Match To {candidate.target_name}
      </button>
    </details>
  );
}

// What tells a person which machine it is; the rest is there for those who look for it.
const TELLING = new Set([
  "device_name",
  "serial_number",
  "manufacturer",
  "model",
  "operating_system",
  "os_version",
  "wifi_mac_address",
  "ethernet_mac_address",
  "user_display_name",
  "user_principal_name",
  "compliance_state",
  "enrolled_at",
  "last_sync_at",
]);

function Facts({ detail }: { detail: DeviceDetail }) {
  const facts = Object.entries(detail.facts ?? {}).flatMap(([field, value]) => {
    const words = fact(field, value);
    return words === null ? [] : [[field, words] as const];
  });
  if (facts.length === 0) return <p className="muted">Intune says nothing about this device.</p>;
  const more = facts.filter(([field]) => !TELLING.has(field));
  return (
    <>
      <FactList facts={facts.filter(([field]) => TELLING.has(field))} />
      {more.length > 0 && (
        <details>
          <summary className="muted">More facts</summary>
          <FactList facts={more} />
        </details>
      )}
    </>
  );
}

function FactList({ facts }: { facts: readonly (readonly [field: string, words: string])[] }) {
  return (
    <dl className="facts">
      {facts.map(([field, words]) => (
        <div key={field}>
          <dt>{fieldLabel(field)}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}
