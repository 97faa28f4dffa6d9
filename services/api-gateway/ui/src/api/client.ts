// The one place that talks to the gateway. The paths and shapes are generated from its OpenAPI document.
import createClient from "openapi-fetch";

import { Problem, toProblem } from "./problems";
import type { paths } from "./schema";

// A page of another origin can't set a header without the gateway's leave, so this one proves a write is ours.
export const WRITE_HEADERS = { "X-Matchbook": "1" };

export const api = createClient<paths>({ baseUrl: "/", headers: WRITE_HEADERS });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; raises `Problem` for any other, and for none. */
export async function body<T>(pending: Promise<Answer<T>>): Promise<T> {
  const answer = await pending.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "The gateway can't be reached");
  });
  if (!answer.response.ok) throw toProblem(answer.response.status, answer.error);
  return answer.data as T;
}

export async function signOut(): Promise<void> {
  await fetch("/auth/sign-out", { method: "POST", headers: WRITE_HEADERS });
}

export function signInAddress(next: string): string {
  return `/auth/sign-in?next=${encodeURIComponent(next)}`;
}
