// The few signs the page uses, drawn in the text's colour and hidden from screen readers: words stand beside them.
import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const stroke = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 1.6,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

export const Check = () => (
  <Icon>
    <path d="M3 8.5l3.2 3L13 4.5" {...stroke} />
  </Icon>
);
export const Cross = () => (
  <Icon>
    <path d="M4 4l8 8M12 4l-8 8" {...stroke} />
  </Icon>
);
export const Similar = () => (
  <Icon>
    <path d="M3 6.5c1.7-1.6 3.3-1.6 5 0s3.3 1.6 5 0M3 10.5c1.7-1.6 3.3-1.6 5 0s3.3 1.6 5 0" {...stroke} />
  </Icon>
);
export const SetAside = () => (
  <Icon>
    <circle cx="8" cy="8" r="5" {...stroke} />
    <path d="M4.6 11.4l6.8-6.8" {...stroke} />
  </Icon>
);
export const Missing = () => (
  <Icon>
    <path d="M5 8h6" {...stroke} />
  </Icon>
);
export const More = () => (
  <Icon>
    <circle cx="8" cy="3.2" r="1.3" fill="currentColor" />
    <circle cx="8" cy="8" r="1.3" fill="currentColor" />
    <circle cx="8" cy="12.8" r="1.3" fill="currentColor" />
  </Icon>
);
export const Down = () => (
  <Icon>
    <path d="M4.5 6.5L8 10l3.5-3.5" {...stroke} />
  </Icon>
);
export const Back = () => (
  <Icon>
    <path d="M9.5 4.5L6 8l3.5 3.5" {...stroke} />
  </Icon>
);
export const Search = () => (
  <Icon>
    <circle cx="7" cy="7" r="4" {...stroke} />
    <path d="M10 10l3.2 3.2" {...stroke} />
  </Icon>
);
export const Warning = () => (
  <Icon>
    <path d="M8 2.5l6 10.5H2z" {...stroke} />
    <path d="M8 6.5v3M8 11.3v.1" {...stroke} />
  </Icon>
);
export const Sync = () => (
  <Icon>
    <path d="M13 7a5 5 0 00-9-2.2L3 6M3 9a5 5 0 009 2.2l1-1.2M3 3v3h3M13 13v-3h-3" {...stroke} />
  </Icon>
);
export const Upload = () => (
  <Icon>
    <path d="M8 10.5V3.5M5 6l3-3 3 3M3 11v2h10v-2" {...stroke} />
  </Icon>
);
export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" fill="currentColor" />
    <path d="M8 22V10l8 8 8-8v12" className="mark-line" />
  </svg>
);
