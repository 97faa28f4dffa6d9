// Short messages that come and go by themselves. Kept apart from the component, so that anything may say something.
import { Store } from "../lib/store";

export interface Toast {
  readonly id: number;
  readonly tone: "quiet" | "warning";
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

const QUIET_MS = 5000;
const WARNING_MS = 12_000;
const MOST = 3;

export const toasts = new Store<readonly Toast[]>([]);
let last = 0;

export function say(toast: Omit<Toast, "id">): void {
  const id = ++last;
  toasts.update((current) => [...current.filter(({ text }) => text !== toast.text), { ...toast, id }].slice(-MOST));
  setTimeout(() => dismiss(id), toast.tone === "quiet" ? QUIET_MS : WARNING_MS);
}

export function dismiss(id: number): void {
  toasts.update((current) => current.filter((toast) => toast.id !== id));
}
