import { percent } from "../lib/format";

/** A confidence in [0, 1] as a short bar with its figure. */
export function Confidence({ value }: { value: number }) {
  const level = value >= 0.98 ? "high" : value >= 0.8 ? "middle" : "low";
  return (
    <span className={`confidence ${level}`} title={`Confidence ${percent(value)}`}>
      <svg viewBox="0 0 28 6" width="28" height="6" aria-hidden="true">
        <rect width="28" height="6" rx="3" className="confidence-track" />
        <rect width={28 * value} height="6" rx="3" className="confidence-bar" />
      </svg>
      {percent(value)}
    </span>
  );
}

/** So much of so many, as a bar. */
export function Meter({ value, total, label }: { value: number; total: number; label: string }) {
  const share = total === 0 ? 0 : value / total;
  return (
    <svg
      className={share === 1 ? "meter full" : "meter"}
      viewBox="0 0 60 6"
      width="60"
      height="6"
      role="img"
      aria-label={label}
    >
      <rect width="60" height="6" rx="3" className="meter-track" />
      <rect width={60 * share} height="6" rx="3" className="meter-bar" />
    </svg>
  );
}
