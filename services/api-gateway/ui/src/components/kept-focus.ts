import { type RefObject, useEffect, useRef } from "react";

/** Give the focus back to a list when the focused part of it has left the page; take it when nothing has it. */
export function useKeptFocus(list: RefObject<HTMLElement | null>, rows: readonly unknown[]): void {
  const inside = useRef(true);
  useEffect(() => {
    const onFocus = (event: FocusEvent) => {
      inside.current = event.target instanceof Node && (list.current?.contains(event.target) ?? false);
    };
    document.addEventListener("focusin", onFocus);
    return () => document.removeEventListener("focusin", onFocus);
  }, [list]);
  useEffect(() => {
    if (inside.current && document.activeElement === document.body) list.current?.focus({ preventScroll: true });
  }, [list, rows]);
}
