// What stands in place of content: nothing there, not there yet, or failed with a way out.
import type { ReactNode } from "react";

import { asProblem, remedy } from "../api/problems";
import { Warning } from "./icons";

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <p className="state-title">{title}</p>
      {children && <div className="muted">{children}</div>}
    </div>
  );
}

export function Loading({ label }: { label: string }) {
  return (
    <div className="state muted" role="status">
      {label}
    </div>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = asProblem(error);
  return (
    <div className="state" role="alert">
      <p className="state-title">
        <Warning /> {problem.message}
      </p>
      {problem.detail && <p>{problem.detail}</p>}
      <p className="muted">{remedy(problem.status)}</p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
