import { useStore } from "../lib/store";
import { Cross } from "./icons";
import { dismiss, type Toast, toasts } from "./toasts";

export function Toasts() {
  const current = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {current.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastView({ toast }: { toast: Toast }) {
  const { action } = toast;
  const act = () => {
    dismiss(toast.id);
    action?.run();
  };
  return (
    <div className={`toast ${toast.tone}`}>
      <span>{toast.text}</span>
      {action && (
        <button type="button" className="link" onClick={act}>
          {action.label}
        </button>
      )}
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
        <Cross />
      </button>
    </div>
  );
}
