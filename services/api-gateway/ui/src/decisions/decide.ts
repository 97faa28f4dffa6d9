// Sends decisions and follows each to its one outcome.
import { api, body } from "../api/client";
import { asProblem } from "../api/problems";
import type { BulkRequestBody } from "../api/types";
import { say } from "../components/toasts";
import type { ChangeCollector } from "../live/collector";
import type { Outcome } from "../live/events";
import { showBulk } from "./bulks";
import { type BulkAction, chunks, type Command, done, subjectOf, undoOf } from "./commands";
import { addPending, findPending, joinBulk, removePending, type Sent } from "./pending";

export interface Named {
  readonly command: Command;
  readonly name: string;
}

export interface BulkRequest {
  readonly action: BulkAction;
  readonly tenantId: string;
  readonly filter: BulkRequestBody["filter"];
  readonly except: readonly string[];
  readonly reason?: string;
}

const MOST_AT_ONCE = 500;
// The live stream tells of outcomes at once; when it doesn't in this time, the decision is asked for.
const ASK_AFTER_MS = 4000;
const WAIT_SECONDS = 20;

/** Decisions of one page; `changes` is told what is to be refreshed. */
export class Decider {
  readonly #changes: ChangeCollector;

  constructor(changes: ChangeCollector) {
    this.#changes = changes;
  }

  /** Send one decision. Its row shows it as under way until the outcome is on screen. */
  async one(named: Named): Promise<void> {
    const decisionId = crypto.randomUUID();
    addPending([[subjectOf(named.command), { ...named, decisionId, bulkId: null }]]);
    try {
      await post([{ ...named.command, decision_id: decisionId }]);
    } catch (error) {
      removePending(new Set([decisionId]));
      this.#refused(error, () => void this.one(named));
      return;
    }
    setTimeout(() => void this.#ask(decisionId), ASK_AFTER_MS);
  }

  /** Send decisions about checked rows, as many requests as it takes. */
  async many(action: BulkAction, tenantId: string, named: readonly Named[]): Promise<void> {
    for (const part of chunks(named, MOST_AT_ONCE)) {
      if (part.length === 1 && part[0]) await this.one(part[0]);
      else await this.#bulkOf(action, tenantId, part);
    }
  }

  /** Decide about everything that a filter selects. */
  async all(request: BulkRequest): Promise<void> {
    const { action, tenantId, filter, except, reason } = request;
    const asked = { action, tenant_id: tenantId, filter, except: [...except], ...(reason ? { reason } : {}) };
    try {
      const { bulk_id, count } = await body(api.POST("/api/bulk", { body: asked }));
      if (count === 0) say({ tone: "quiet", text: "Nothing that the filter selects can be decided so." });
      else showBulk({ bulkId: bulk_id, action, tenantId, count });
      // The rows themselves say that a decision about them is under way.
      this.#changes.add(({ tenants }) => tenants.add(tenantId));
    } catch (error) {
      this.#refused(error, () => void this.all(request));
    }
  }

  /** An outcome arrived, from the stream or because it was asked for. */
  outcome(outcome: Outcome): void {
    const sent = findPending(outcome.decision_id);
    this.#changes.add(({ settled }) => settled.add(outcome.decision_id));
    if (sent?.bulkId === null) this.#tell(sent, outcome);
  }

  async #bulkOf(action: BulkAction, tenantId: string, part: readonly Named[]): Promise<void> {
    const commands = part.map(({ command }) => ({ ...command, decision_id: crypto.randomUUID() }));
    const ids = new Set(commands.map((command) => command.decision_id));
    addPending(commands.map((command, at) => [subjectOf(command), sentInBulk(command, part[at]?.name ?? "")]));
    try {
      const { bulk_id } = await post(commands);
      if (!bulk_id) return;
      joinBulk(ids, bulk_id);
      showBulk({ bulkId: bulk_id, action, tenantId, count: part.length });
    } catch (error) {
      removePending(ids);
      this.#refused(error, () => void this.#bulkOf(action, tenantId, part));
    }
  }

  async #ask(decisionId: string): Promise<void> {
    while (findPending(decisionId)) {
      const status = await decisionStatus(decisionId);
      if (status) this.outcome(status);
      else await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS));
      if (status) return;
    }
  }

  #tell(sent: Sent, outcome: Outcome): void {
    if (outcome.status === "rejected") {
      say({ tone: "warning", text: `${sent.name}: ${outcome.message ?? "The decision was refused."}` });
      return;
    }
    const undo = undoOf(sent.command);
    const text = done(sent.command, sent.name);
    if (!undo) say({ tone: "quiet", text });
    else say({ tone: "quiet", text, action: { label: "Undo", run: () => void this.one({ ...sent, command: undo }) } });
  }

  #refused(error: unknown, again: () => void): void {
    const problem = asProblem(error);
    const action = problem.status === 0 || problem.status === 503 ? { action: { label: "Try again", run: again } } : {};
    say({ tone: "warning", text: `Nothing was decided. ${problem.sentence}`, ...action });
  }
}

type SentCommand = Command & { decision_id: string };

// The bulk action has no id before the gateway answers; "" says that it is one, so that no message tells of each row.
function sentInBulk(command: SentCommand, name: string): Sent {
  return { command, decisionId: command.decision_id, name, bulkId: "" };
}

async function post(commands: readonly SentCommand[]): Promise<{ bulk_id?: string | null }> {
  return body(api.POST("/api/decisions", { body: { decisions: [...commands] } }));
}

async function decisionStatus(decisionId: string): Promise<Outcome | null> {
  const params = { path: { decision_id: decisionId }, query: { wait: WAIT_SECONDS } };
  const answer = await body(api.GET("/api/decisions/{decision_id}", { params })).catch(() => null);
  if (!answer || answer.status === "pending") return null;
  const { status, reason, message } = answer;
  return { decision_id: decisionId, status, reason, message };
}
