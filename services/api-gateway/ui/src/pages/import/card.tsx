import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useId, useState } from "react";

import type { FileError, Problem } from "../../api/problems";
import { remedy } from "../../api/problems";
import * as queries from "../../api/queries";
import type { ImportAccepted, ImportProgress } from "../../api/types";
import { Meter } from "../../components/confidence";
import { Upload, Warning } from "../../components/icons";
import { count, fieldLabel, plural } from "../../lib/format";
import { useStore } from "../../lib/store";
import { imports, type ImportState, send, type Subject } from "./state";

interface ImportCardProps {
  readonly subject: Subject;
  readonly title: string;
  readonly choose: string;
  readonly columns: string;
  readonly note: string;
  readonly refusal: string | null;
}

export function ImportCard({ subject, title, choose, columns, note, refusal }: ImportCardProps) {
  const heading = useId();
  const state = useStore(imports[subject]);
  return (
    <section className="card" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <p className="muted">{note}</p>
      <details>
        <summary>Columns</summary>
        <p className="mono columns">{columns}</p>
      </details>
      <FileChooser
        label={choose}
        refusal={refusal ?? (state.kind === "sending" ? "A file is being sent." : null)}
        onFile={(file) => void send(subject, file)}
      />
      <Outcome state={state} />
    </section>
  );
}

interface FileChooserProps {
  readonly label: string;
  readonly refusal: string | null;
  readonly onFile: (file: File) => void;
}

function FileChooser({ label, refusal, onFile }: FileChooserProps) {
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && refusal === null) onFile(file);
  };
  return (
    <label
      className={`drop${over ? " over" : ""}${refusal === null ? "" : " disabled"}`}
      title={refusal ?? undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <Upload />
      <span>{label}, or drop it here</span>
      <input
        type="file"
        accept=".csv,text/csv"
        disabled={refusal !== null}
        aria-label={label}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          // The same file can be chosen again once it is corrected.
          event.target.value = "";
        }}
      />
    </label>
  );
}

function Outcome({ state }: { state: ImportState }) {
  switch (state.kind) {
    case "idle":
      return null;
    case "sending":
      return (
        <p role="status" className="pending">
          Sending and checking {state.file}…
        </p>
      );
    case "refused":
      return <Refused file={state.file} problem={state.problem} />;
    case "taken":
      return <Taken file={state.file} accepted={state.accepted} />;
  }
}

function Refused({ file, problem }: { file: string; problem: Problem }) {
  return (
    <div role="alert">
      <p className="warning-text">
        <Warning /> {file} was not imported. {problem.sentence}
      </p>
      {problem.errors.length > 0 ? (
        <FileErrors errors={problem.errors} />
      ) : (
        <p className="muted">{remedy(problem.status)}</p>
      )}
    </div>
  );
}

function FileErrors({ errors }: { errors: readonly FileError[] }) {
  return (
    <div className="table-scroll">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">What is wrong</th>
          </tr>
        </thead>
        <tbody>
          {errors.map((error, index) => (
            <tr key={index}>
              <td className="figure">{error.row ?? "–"}</td>
              <td className="mono">{error.column ?? "–"}</td>
              <td>{error.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Taken({ file, accepted }: { file: string; accepted: ImportAccepted }) {
  const { data } = useQuery(queries.importStatus(accepted.import_id));
  const applied = data?.applied_chunks ?? 0;
  const finished = applied >= accepted.chunks;
  const words = finished ? `${file} is imported` : `Importing ${file}: ${plural(accepted.rows, "row")}`;
  return (
    <div role="status">
      <p className="import-progress">
        {words} <Meter value={applied} total={accepted.chunks} label={words} />
      </p>
      {data && <Figures progress={data} />}
      {accepted.ignored_columns.length > 0 && (
        <p className="muted">Columns without a use here: {accepted.ignored_columns.join(", ")}.</p>
      )}
    </div>
  );
}

function Figures({ progress }: { progress: ImportProgress }) {
  const rejected = progress.results.filter((result) => result.result === "rejected");
  return (
    <>
      <p>
        {(["created", "updated", "unchanged", "rejected"] as const)
          .map((kind) => `${count(progress[kind])} ${kind}`)
          .join(", ")}
      </p>
      {progress.refused.map((refusal) => (
        <p key={refusal.decision_id} className="warning-text">
          <Warning /> {refusal.message}
        </p>
      ))}
      {rejected.length > 0 && (
        <FileErrors
          errors={rejected.map((result) => ({
            row: result.row,
            column: null,
            message: result.message ?? fieldLabel(result.reason ?? "rejected"),
          }))}
        />
      )}
    </>
  );
}
