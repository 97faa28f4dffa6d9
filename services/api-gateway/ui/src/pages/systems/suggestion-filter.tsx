import type { DeviceCounts, Status, SuggestionFilter } from "../../api/types";
import { count } from "../../lib/format";
import type { SystemsFilter } from "../../lib/routes";

interface Kind {
  readonly id: SuggestionFilter;
  readonly label: string;
}

const ANY: Kind = { id: "any", label: "Any suggestion" };
const KINDS: Partial<Record<Status, readonly Kind[]>> = {
  unmatched: [
    ANY,
    { id: "suggested", label: "Suggested match" },
    { id: "conflict", label: "Conflict" },
    { id: "elsewhere", label: "Documented elsewhere" },
    { id: "none", label: "No suggestion" },
  ],
  ignored: [ANY, { id: "changed_since", label: "Changed since" }],
};

interface SuggestionFilterProps {
  readonly filter: SystemsFilter;
  readonly counts: DeviceCounts | undefined;
  readonly onChange: (change: Partial<SystemsFilter>) => void;
}

/** Narrows Unmatched by what the matcher thinks, and Ignored by whether that has changed; nothing for the others. */
export function SuggestionSelect({ filter, counts, onChange }: SuggestionFilterProps) {
  const kinds = KINDS[filter.status];
  if (!kinds) return null;
  return (
    <select
      className="select"
      aria-label="Filter by suggestion"
      value={filter.suggestion}
      onChange={(event) => onChange({ suggestion: event.target.value as SuggestionFilter })}
    >
      {kinds.map(({ id, label }) => (
        <option key={id} value={id}>
          {label}
          {id !== "any" && counts ? ` (${count(counts[id])})` : ""}
        </option>
      ))}
    </select>
  );
}
