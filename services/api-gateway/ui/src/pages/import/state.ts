// The imports of this session, kept while the person looks at other pages.
import { body, api } from "../../api/client";
import { asProblem, type Problem } from "../../api/problems";
import type { ImportAccepted } from "../../api/types";
import { Store } from "../../lib/store";

export type Subject = "organizations" | "configurations";

export type ImportState =
  | { readonly kind: "idle" }
  | { readonly kind: "sending"; readonly file: string }
  | { readonly kind: "refused"; readonly file: string; readonly problem: Problem }
  | { readonly kind: "taken"; readonly file: string; readonly accepted: ImportAccepted };

export const imports: Readonly<Record<Subject, Store<ImportState>>> = {
  organizations: new Store<ImportState>({ kind: "idle" }),
  configurations: new Store<ImportState>({ kind: "idle" }),
};

export async function send(subject: Subject, file: File): Promise<void> {
  const state = imports[subject];
  state.set({ kind: "sending", file: file.name });
  try {
    state.set({ kind: "taken", file: file.name, accepted: await post(subject, file) });
  } catch (error) {
    state.set({ kind: "refused", file: file.name, problem: asProblem(error) });
  }
}

function post(subject: Subject, file: File): Promise<ImportAccepted> {
  const form = new FormData();
  form.set("file", file);
  // The generated type has the file as a string; what is sent is the form itself.
  const request = { body: { file: file.name }, bodySerializer: () => form };
  return subject === "organizations"
    ? body(api.POST("/api/imports/organizations", request))
    : body(api.POST("/api/imports/configurations", request));
}
