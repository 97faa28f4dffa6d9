// A modal dialog on the browser's own element, which keeps the focus inside and gives it back.
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef } from "react";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? "dialog wide" : "dialog"}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="dialog-body">
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface FormDialogProps extends DialogProps {
  readonly submit: string;
  readonly disabled?: boolean;
  /** Nothing is asked but yes: the focus is on the answer. */
  readonly confirm?: boolean;
  readonly onSubmit: () => void;
}

// The dialog element looks for this attribute when it opens, which React's autoFocus doesn't set.
function focusFirst(element: HTMLElement | null): void {
  element?.setAttribute("autofocus", "");
}

/** A dialog that asks for something and then does it. */
export function FormDialog({
  submit,
  disabled = false,
  confirm = false,
  onSubmit,
  children,
  ...rest
}: FormDialogProps) {
  const onForm = (event: SyntheticEvent) => {
    event.preventDefault();
    onSubmit();
    rest.onClose();
  };
  return (
    <Dialog {...rest}>
      <form onSubmit={onForm}>
        {children}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={rest.onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={disabled} ref={confirm ? focusFirst : undefined}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
