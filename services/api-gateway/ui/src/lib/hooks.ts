import { useEffect, useState } from "react";

import { Store, useStore } from "./store";

const now = new Store(Date.now());
const TICK_MS = 20_000;
setInterval(() => now.set(Date.now()), TICK_MS);

/** The time, for "5 min ago"; it moves on a few times a minute. */
export function useNow(): number {
  return useStore(now);
}

/** A value that follows another once it has rested. */
export function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}

/** Keys that work anywhere on the page, except while something is typed or a dialog is open. */
export function useGlobalKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.ctrlKey || event.metaKey || event.altKey || target?.closest("input, textarea, select, dialog")) return;
      const run = keys[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [keys]);
}
