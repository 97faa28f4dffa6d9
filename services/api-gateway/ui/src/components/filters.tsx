// The bar above a table: filters with their counts, and a search.
import { type KeyboardEvent, type ReactNode, type RefObject, useMemo, useRef } from "react";

import { count } from "../lib/format";
import { useGlobalKeys } from "../lib/hooks";
import { Search } from "./icons";

export interface FilterTab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  readonly count?: number | undefined;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly FilterTab<Id>[];
  readonly current: Id;
  readonly onChoose: (id: Id) => void;
}

export function FilterTabs<Id extends string>({ label, tabs, current, onChoose }: TabsProps<Id>) {
  return (
    <div className="tabs" role="group" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          className="tab"
          aria-pressed={tab.id === current}
          onClick={() => onChoose(tab.id)}
        >
          {tab.label}
          {tab.count !== undefined && <span className="tab-count">{count(tab.count)}</span>}
        </button>
      ))}
    </div>
  );
}

interface SearchBoxProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const keys = useMemo(() => ({ "/": () => input.current?.focus() }), []);
  useGlobalKeys(keys);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      onChange("");
      focusGrid(input);
    }
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      focusGrid(input);
    }
  };
  return (
    <label className="search">
      <Search />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        title={`${label} (press / to get here)`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </label>
  );
}

function focusGrid(from: RefObject<HTMLElement | null>): void {
  from.current?.closest("main")?.querySelector<HTMLElement>('[role="grid"]')?.focus();
}

export function Toolbar({ children }: { children: ReactNode }) {
  return <div className="toolbar">{children}</div>;
}
