// Gathers what changed, so that a burst of events costs one refresh. Pure but for the timer it is given.

export interface Changes {
  readonly everything: boolean;
  readonly summary: boolean;
  readonly tenants: ReadonlySet<string>;
  /** Device ids by their tenant's id. */
  readonly devices: ReadonlyMap<string, ReadonlySet<string>>;
  readonly bulks: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
  /** Decisions whose outcome is known. */
  readonly settled: ReadonlySet<string>;
}

interface Gathering {
  everything: boolean;
  summary: boolean;
  tenants: Set<string>;
  devices: Map<string, Set<string>>;
  bulks: Set<string>;
  imports: Set<string>;
  settled: Set<string>;
}

function empty(): Gathering {
  return {
    everything: false,
    summary: false,
    tenants: new Set(),
    devices: new Map(),
    bulks: new Set(),
    imports: new Set(),
    settled: new Set(),
  };
}

export class ChangeCollector {
  #gathering = empty();
  #waiting = false;
  #running = false;
  readonly #flush: (changes: Changes) => Promise<void>;
  readonly #later: (run: () => void) => void;

  /** `flush` refreshes and resolves when it is done; `later` runs its argument after the gathering time. */
  constructor(flush: (changes: Changes) => Promise<void>, later: (run: () => void) => void) {
    this.#flush = flush;
    this.#later = later;
  }

  add(change: (gathering: Gathering) => void): void {
    change(this.#gathering);
    this.#schedule();
  }

  device(tenantId: string, deviceId: string): void {
    this.add(({ devices }) => {
      const known = devices.get(tenantId) ?? new Set();
      devices.set(tenantId, known.add(deviceId));
    });
  }

  #schedule(): void {
    if (this.#waiting || this.#running) return;
    this.#waiting = true;
    this.#later(() => void this.#run());
  }

  // A refresh that takes long is never overtaken by the next: what changes meanwhile waits for its end.
  async #run(): Promise<void> {
    this.#waiting = false;
    this.#running = true;
    const changes = this.#gathering;
    this.#gathering = empty();
    try {
      await this.#flush(changes);
    } finally {
      this.#running = false;
      if (hasChanges(this.#gathering)) this.#schedule();
    }
  }
}

function hasChanges(changes: Changes): boolean {
  const sizes = [changes.tenants, changes.devices, changes.bulks, changes.imports, changes.settled];
  return changes.everything || changes.summary || sizes.some((group) => group.size > 0);
}
