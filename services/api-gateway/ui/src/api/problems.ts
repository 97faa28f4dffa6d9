// What the gateway answers when it refuses or fails (RFC 9457), and the sentences the page shows for it.

export interface FileError {
  row?: number | null | undefined;
  column?: string | null | undefined;
  message: string;
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** An answer that is no success. `status` is 0 where there was no answer at all. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string | null;
  readonly errors: readonly FileError[];

  constructor(status: number, title: string, detail: string | null = null, errors: readonly FileError[] = []) {
    super(title);
    this.name = "Problem";
    this.status = status;
    this.detail = detail;
    this.errors = errors;
  }

  /** The most telling sentence there is. */
  get sentence(): string {
    return this.detail ?? this.message;
  }
}

const TITLES: Record<number, string> = {
  0: "The gateway can't be reached",
  401: "You are not signed in",
  403: "You are not allowed to do this",
  404: "There is nothing here",
  413: "The file is too large",
  503: "Matchbook can't take this right now",
};

const REMEDIES: Record<number, string> = {
  0: "Check your connection. The page goes on by itself as soon as the gateway answers.",
  401: "Sign in again; what you see is kept until then.",
  403: "Ask an Administrator if you need it.",
  404: "It may have been removed, or belong to an organization you don't look after.",
  503: "Nothing was lost. Try again in a few seconds.",
};

export function remedy(status: number): string {
  return REMEDIES[status] ?? "Try again. If it stays, tell your Administrator what you did.";
}

export function toProblem(status: number, body: unknown): Problem {
  const parts: ProblemBody = typeof body === "object" && body !== null ? body : {};
  const title = typeof parts.title === "string" ? parts.title : (TITLES[status] ?? `The gateway answered ${status}`);
  return new Problem(status, title, typeof parts.detail === "string" ? parts.detail : null, fileErrors(parts.errors));
}

function fileErrors(errors: unknown): FileError[] {
  return Array.isArray(errors) ? errors.filter(isFileError) : [];
}

function isFileError(error: unknown): error is FileError {
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}

/** Turn whatever was thrown into a problem; a failed fetch has no answer. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, TITLES[0] ?? "", null);
}
