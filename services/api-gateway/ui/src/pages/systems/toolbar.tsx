import type { DeviceCounts, Status } from "../../api/types";
import { FilterTabs, SearchBox, Toolbar } from "../../components/filters";
import type { BulkAction } from "../../decisions/commands";
import type { SystemsFilter } from "../../lib/routes";
import { BulkMenu } from "./bulk-menu";
import { SuggestionSelect } from "./suggestion-filter";
import type { Checked } from "./use-checked";

const TABS: readonly { id: Status; label: string }[] = [
  { id: "unmatched", label: "Unmatched" },
  { id: "matched", label: "Matched" },
  { id: "ignored", label: "Ignored" },
  { id: "all", label: "All" },
];

interface SystemsToolbarProps {
  readonly filter: SystemsFilter;
  readonly counts: DeviceCounts | undefined;
  readonly checked: Checked;
  readonly onChange: (change: Partial<SystemsFilter>) => void;
  readonly onBulk: (action: BulkAction) => void;
}

export function SystemsToolbar({ filter, counts, checked, onChange, onBulk }: SystemsToolbarProps) {
  return (
    <Toolbar>
      <FilterTabs
        label="Filter by status"
        tabs={TABS.map((tab) => ({ ...tab, count: counts?.[tab.id] }))}
        current={filter.status}
        onChoose={(status) => onChange({ status, suggestion: "any" })}
      />
      <SuggestionSelect filter={filter} counts={counts} onChange={onChange} />
      <BulkMenu status={filter.status} checked={checked.count} onChoose={onBulk} onClear={checked.clear} />
      <SearchBox label="Search devices" value={filter.search} onChange={(search) => onChange({ search })} />
    </Toolbar>
  );
}
