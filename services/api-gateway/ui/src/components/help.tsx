import { Dialog } from "./dialog";

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["j", "↓"], "Next row"],
  [["k", "↑"], "Previous row"],
  [["Home", "End"], "First, last row"],
  [["Enter"], "Show or hide the details of a device; open a tenant's System Matching"],
  [["a"], "Accept Suggested Match"],
  [["m"], "Match To, or Change Match"],
  [["c"], "Create Configuration, or Create Organization"],
  [["i"], "Ignore"],
  [["r"], "Revert Match"],
  [["x"], "Check or uncheck the row"],
  [["d"], "Show the details of a tenant"],
  [["/"], "Search"],
  [["Esc"], "Close what is open, leave the search"],
  [["?"], "This list"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <table className="keys">
        <tbody>
          {KEYS.map(([keys, what]) => (
            <tr key={what}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
