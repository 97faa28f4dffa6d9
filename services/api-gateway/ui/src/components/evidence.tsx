// Why a pair is suggested: field by field, what Intune says beside what is documented.
import type { Candidate, FieldEvidence } from "../api/types";
import { fieldLabel } from "../lib/format";
import { Check, Cross, Missing, SetAside, Similar } from "./icons";

const VERDICTS = {
  agree: { word: "agree", icon: Check },
  similar: { word: "similar", icon: Similar },
  disagree: { word: "disagree", icon: Cross },
  set_aside: { word: "set aside", icon: SetAside },
  missing: { word: "missing", icon: Missing },
} as const;

export function Verdict({ verdict }: { verdict: FieldEvidence["verdict"] }) {
  const { word, icon: Sign } = VERDICTS[verdict];
  return (
    <span className={`verdict ${verdict}`}>
      <Sign /> {word}
    </span>
  );
}

interface EvidenceProps {
  readonly evidence: readonly FieldEvidence[];
  /** What the two sides are called: "Intune" and "Documented", or "Microsoft" and "Documented". */
  readonly left: string;
}

export function Evidence({ evidence, left }: EvidenceProps) {
  if (evidence.length === 0) return <p className="muted">No evidence was recorded.</p>;
  return (
    <table className="evidence">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{left}</th>
          <th scope="col">Documented</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map((item) => (
          <EvidenceRows key={item.field} item={item} />
        ))}
      </tbody>
    </table>
  );
}

function EvidenceRows({ item }: { item: FieldEvidence }) {
  return (
    <>
      <tr className={item.reason ? "with-reason" : undefined}>
        <th scope="row">{fieldLabel(item.field)}</th>
        <td>{item.device_value ?? <None />}</td>
        <td>{item.documented_value ?? <None />}</td>
        <td>
          <Verdict verdict={item.verdict} />
        </td>
      </tr>
      {item.reason && (
        <tr className="reason">
          <td />
          <td colSpan={3}>{item.reason}</td>
        </tr>
      )}
    </>
  );
}

function None() {
  return <span className="muted">–</span>;
}

interface SideBySideProps {
  readonly candidates: readonly Candidate[];
  readonly refusal: string | null;
  readonly onChoose: (candidate: Candidate) => void;
}

/** The candidates of a conflict, a column each, so that what tells them apart stands in one line. */
export function SideBySide({ candidates, refusal, onChoose }: SideBySideProps) {
  const fields = [...new Set(candidates.flatMap((candidate) => candidate.evidence.map((item) => item.field)))];
  return (
    <div className="side-by-side">
      <table className="evidence">
        <thead>
          <tr>
            <th scope="col">Field</th>
            {candidates.map((candidate) => (
              <th key={candidate.target_id} scope="col">
                {candidate.target_name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{fieldLabel(field)}</th>
              {candidates.map((candidate) => (
                <td key={candidate.target_id}>
                  <SideCell item={candidate.evidence.find((item) => item.field === field)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td />
            {candidates.map((candidate) => (
              <td key={candidate.target_id}>
                <button
                  type="button"
                  className="button small"
                  disabled={refusal !== null}
                  title={refusal ?? `Match To ${candidate.target_name}`}
                  onClick={() => onChoose(candidate)}
                >
                  Match To this
                </button>
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function SideCell({ item }: { item: FieldEvidence | undefined }) {
  if (!item) return <None />;
  return (
    <>
      <div>{item.documented_value ?? <None />}</div>
      <Verdict verdict={item.verdict} />
      {item.reason && <div className="muted">{item.reason}</div>}
    </>
  );
}
