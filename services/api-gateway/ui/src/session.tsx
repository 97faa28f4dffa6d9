// Who is signed in, and what their decisions go through.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";

import type { Me } from "./api/types";
import { Decider } from "./decisions/decide";
import { ChangeCollector } from "./live/collector";
import { follow, type LiveHandlers } from "./live/events";
import { refresh } from "./live/refresh";

export interface Session {
  readonly me: Me;
  readonly decider: Decider;
}

const SessionContext = createContext<Session | null>(null);

// Long enough that a burst is one refresh, short enough that a decision seems to show at once.
const GATHER_MS = 60;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside of SessionProvider");
  return session;
}

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  const client = useQueryClient();
  const changes = useMemo(
    () =>
      new ChangeCollector(
        (changed) => refresh(client, changed),
        (run) => setTimeout(run, GATHER_MS),
      ),
    [client],
  );
  const session = useMemo(() => ({ me, decider: new Decider(changes) }), [me, changes]);
  useEffect(() => follow(handlers(changes, session.decider)), [changes, session]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

function handlers(changes: ChangeCollector, decider: Decider): LiveHandlers {
  return {
    opened: (again) => {
      if (again) changes.add((gathering) => (gathering.everything = true));
    },
    device: (tenantId, deviceId) => changes.device(tenantId, deviceId),
    tenant: (id) => changes.add(({ tenants }) => tenants.add(id)),
    bulk: (id) => changes.add(({ bulks }) => bulks.add(id)),
    import: (id) => changes.add(({ imports }) => imports.add(id)),
    summary: () => changes.add((gathering) => (gathering.summary = true)),
    decision: (outcome) => decider.outcome(outcome),
    signedOut: async () => {
      const answer = await fetch("/api/me").catch(() => null);
      return answer?.status === 401;
    },
  };
}
