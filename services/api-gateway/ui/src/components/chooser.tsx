// A dialog in which a name is typed and one of the things that answer to it is chosen.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { Dialog } from "./dialog";

export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly detail?: ReactNode;
  /** Why it can't be chosen; it is shown all the same, so that nobody looks for it in vain. */
  readonly refusal?: string | null;
}

interface ChooserProps {
  readonly title: string;
  readonly label: string;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly choices: readonly Choice[];
  readonly loading: boolean;
  readonly problem?: string | null;
  readonly empty: string;
  readonly onChoose: (choice: Choice) => void;
  readonly onClose: () => void;
}

export function Chooser(props: ChooserProps) {
  const { title, label, search, onSearch, choices, loading, problem, empty, onChoose, onClose } = props;
  const list = useId();
  const [at, setAt] = useState(0);
  const active = Math.min(at, choices.length - 1);
  const chosen = choices[active];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices.length > 0) {
      event.preventDefault();
      setAt((active + step + choices.length) % choices.length);
    }
    if (event.key === "Enter" && chosen && !chosen.refusal) {
      event.preventDefault();
      onChoose(chosen);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} wide>
      <input
        className="input"
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={chosen ? `${list}-${active}` : undefined}
        placeholder={label}
        autoComplete="off"
        value={search}
        onChange={(event) => {
          setAt(0);
          onSearch(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={list} role="listbox" aria-label={title} aria-busy={loading} className="choices">
        {choices.map((choice, index) => (
          <ChoiceRow
            key={choice.id}
            id={`${list}-${index}`}
            choice={choice}
            active={index === active}
            onChoose={onChoose}
          />
        ))}
      </ul>
      {choices.length === 0 && <p className="muted">{problem ?? (loading ? "Looking…" : empty)}</p>}
    </Dialog>
  );
}

interface ChoiceRowProps {
  readonly id: string;
  readonly choice: Choice;
  readonly active: boolean;
  readonly onChoose: (choice: Choice) => void;
}

function ChoiceRow({ id, choice, active, onChoose }: ChoiceRowProps) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <li
      ref={row}
      id={id}
      role="option"
      className="choice"
      aria-selected={active}
      aria-disabled={choice.refusal ? true : undefined}
      onClick={() => {
        if (!choice.refusal) onChoose(choice);
      }}
    >
      <span className="choice-name">{choice.name}</span>
      {choice.detail && <span className="choice-detail">{choice.detail}</span>}
      {choice.refusal && <span className="choice-refusal">{choice.refusal}</span>}
    </li>
  );
}
