import type { HistoryEntry } from "../api/types";
import { eventLabel, fieldLabel, moment } from "../lib/format";

/** Who did what and when, newest first. */
export function History({ entries }: { entries: readonly HistoryEntry[] }) {
  if (entries.length === 0) return <p className="muted">Nothing has happened yet.</p>;
  const newest = entries.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return (
    <ol className="history">
      {newest.map((entry, index) => (
        <li key={`${entry.at}-${index}`}>
          <div>
            <strong>{eventLabel(entry.event)}</strong>
            {entry.actor && <> by {entry.actor.name || entry.actor.id}</>}
          </div>
          <time className="muted" dateTime={entry.at}>
            {moment(entry.at)}
          </time>
          {entry.message && <div>{entry.message}</div>}
          <Changes changes={entry.changes} />
        </li>
      ))}
    </ol>
  );
}

function Changes({ changes }: { changes: HistoryEntry["changes"] }) {
  if (changes.length === 0) return null;
  return (
    <ul className="changes">
      {changes.map((change) => (
        <li key={change.field}>
          {fieldLabel(change.field)}: <del>{change.before ?? "nothing"}</del> → <ins>{change.after ?? "nothing"}</ins>
        </li>
      ))}
    </ul>
  );
}
