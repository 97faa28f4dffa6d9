import type { DeviceCounts, SuggestionFilter } from "../../api/types";
import { count } from "../../lib/format";
import type { SystemsFilter } from "../../lib/routes";

const KINDS: readonly { id: SuggestionFilter; label: string }[] = [
  { id: "any", label: "Any suggestion" },
  { id: "suggested", label: "Suggested match" },
  { id: "conflict", label: "Conflict" },
  { id: "elsewhere", label: "Documented elsewhere" },
  { id: "none", label: "No suggestion" },
];

interface SuggestionFilterProps {
  readonly filter: SystemsFilter;
  readonly counts: DeviceCounts | undefined;
  readonly onChange: (change: Partial<SystemsFilter>) => void;
}

/** Narrows Unmatched by what the matcher thinks. */
export function SuggestionSelect({ filter, counts, onChange }: SuggestionFilterProps) {
  return (
    <select
      className="select"
      aria-label="Filter by suggestion"
      value={filter.suggestion}
      onChange={(event) => onChange({ suggestion: event.target.value as SuggestionFilter })}
    >
      {KINDS.map(({ id, label }) => (
        <option key={id} value={id}>
          {label}
          {id !== "any" && counts ? ` (${count(counts[id])})` : ""}
        </option>
      ))}
    </select>
  );
}
