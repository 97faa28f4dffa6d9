// A menu button. The list opens in the browser's top layer (popover), so that no table clips it.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly key?: string;
  /** Why the item can't be chosen; it stays in the list and says so. */
  readonly refusal?: string | null;
  readonly separated?: boolean;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly onChoose: (id: string) => void;
  readonly children: ReactNode;
  readonly className?: string;
  readonly disabled?: boolean;
  readonly tabIndex?: number;
}

export function Menu({ label, items, onChoose, children, className = "button", disabled, tabIndex }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        disabled={disabled}
        tabIndex={tabIndex}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open && (
        <MenuList
          id={id}
          label={label}
          items={items}
          anchor={button}
          onClose={() => setOpen(false)}
          onChoose={onChoose}
        />
      )}
    </>
  );
}

interface MenuListProps extends Pick<MenuProps, "label" | "items" | "onChoose"> {
  readonly id: string;
  readonly anchor: React.RefObject<HTMLElement | null>;
  readonly onClose: () => void;
}

function MenuList({ id, label, items, anchor, onClose, onChoose }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = list.current;
    const from = anchor.current;
    if (!element || !from) return;
    element.showPopover();
    place(element, from.getBoundingClientRect());
    focusItem(element, 0);
  }, [anchor]);

  const choose = (item: MenuItem) => {
    if (item.refusal) return;
    onClose();
    anchor.current?.focus();
    onChoose(item.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Tab") onClose();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !list.current) return;
    event.preventDefault();
    focusItem(list.current, focusedItem(list.current) + step);
  };
  const shared = sharedRefusal(items);
  return (
    <div
      ref={list}
      id={id}
      popover="auto"
      role="menu"
      aria-label={label}
      className="menu"
      onKeyDown={onKeyDown}
      onClick={(event) => event.stopPropagation()}
      onToggle={(event) => {
        if (event.newState !== "closed") return;
        if (list.current?.contains(document.activeElement)) anchor.current?.focus();
        onClose();
      }}
    >
      {shared && <p className="menu-reason">{shared}</p>}
      {items.map((item) => (
        <MenuEntry key={item.id} item={item} told={item.refusal === shared} onChoose={choose} />
      ))}
    </div>
  );
}

interface MenuEntryProps {
  readonly item: MenuItem;
  /** Whether the reason against it stands above already. */
  readonly told: boolean;
  readonly onChoose: (item: MenuItem) => void;
}

function MenuEntry({ item, told, onChoose }: MenuEntryProps) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={item.separated ? "menu-item separated" : "menu-item"}
      aria-disabled={item.refusal ? true : undefined}
      onClick={() => onChoose(item)}
    >
      <span className="menu-label">{item.label}</span>
      {item.key && <kbd>{item.key}</kbd>}
      {item.refusal && !told && <span className="menu-reason">{item.refusal}</span>}
    </button>
  );
}

/** The reason that stands against every item, told once. */
function sharedRefusal(items: readonly MenuItem[]): string | null {
  const first = items[0]?.refusal;
  return first && items.every((item) => item.refusal === first) ? first : null;
}

const GAP = 4;

/** Below its button and aligned to its right edge; above it where there is no room below. */
function place(element: HTMLElement, from: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = Math.max(GAP, Math.min(from.right - width, window.innerWidth - width - GAP));
  const below = from.bottom + GAP;
  const top = below + height > window.innerHeight - GAP ? Math.max(GAP, from.top - height - GAP) : below;
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

function focusedItem(list: HTMLElement): number {
  return itemsOf(list).findIndex((item) => item === document.activeElement);
}

function focusItem(list: HTMLElement, index: number): void {
  const items = itemsOf(list);
  items[(index + items.length) % items.length]?.focus();
}
