import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/grid.css";
import "./styles/panel.css";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { asProblem } from "./api/problems";
import { App } from "./app";
import { applyTheme, storedTheme } from "./lib/theme";
import { connection } from "./live/events";

const MOST_TRIES = 2;
const RECOVER_MS = 5000;

/** Whether the same request may succeed later: there was no answer, or the gateway was at fault. */
function passing(error: unknown): boolean {
  const { status } = asProblem(error);
  return status === 0 || status >= 500;
}

function noticeSignedOut(error: unknown): void {
  if (asProblem(error).status === 401) connection.set("signed-out");
}

const client = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      // The live stream tells what has changed; nothing grows stale by time alone.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // Loopback and intranets work while the browser believes itself offline.
      networkMode: "always",
      retry: (tries, error) => tries < MOST_TRIES && passing(error),
      // What failed for a passing reason comes back by itself.
      refetchInterval: ({ state }) => (state.status === "error" && passing(state.error) ? RECOVER_MS : false),
    },
  },
});

applyTheme(storedTheme());
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element named root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
