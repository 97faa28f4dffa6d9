// The bar above every page: where to go, how far set-up is, whether the page is live, who is signed in.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";

import { signInAddress, signOut } from "../api/client";
import * as queries from "../api/queries";
import { count } from "../lib/format";
import { useGlobalKeys } from "../lib/hooks";
import { useStore } from "../lib/store";
import { applyTheme, storedTheme, type Theme } from "../lib/theme";
import { type Connection, connection } from "../live/events";
import { useSession } from "../session";
import { Meter } from "./confidence";
import { Help } from "./help";
import { Down, Mark, Warning } from "./icons";
import { Menu } from "./menu";

export function Header() {
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="header">
        <Link href="/tenants" className="brand">
          <Mark /> Matchbook
        </Link>
        <nav aria-label="Pages">
          <NavLink href="/tenants">Microsoft Tenant Matching</NavLink>
          <NavLink href="/import">Import</NavLink>
        </nav>
        <SetUpProgress />
        <ConnectionState />
        <HelpButton />
        <Person />
      </header>
      <ConnectionBanner />
    </>
  );
}

function NavLink({ href, children }: { href: string; children: string }) {
  const [path] = useLocation();
  const here = path === href || path.startsWith(`${href}/`);
  return (
    <Link href={href} className={here ? "nav-link here" : "nav-link"} aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

function SetUpProgress() {
  const { data } = useQuery(queries.summary);
  if (!data) return <div className="set-up" />;
  const { organizations, complete } = data.setup;
  const sentence =
    organizations === 0
      ? "No organization is matched yet"
      : `${count(complete)} of ${count(organizations)} organizations have all their devices matched`;
  return (
    <div className="set-up">
      <span className="muted">{sentence}</span>
      <Meter value={complete} total={organizations} label={sentence} />
    </div>
  );
}

const STATES: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
  "signed-out": "Signed out",
};

function ConnectionState() {
  const state = useStore(connection);
  return (
    <span className={`connection ${state}`} role="status" title="Whether changes show by themselves">
      {STATES[state]}
    </span>
  );
}

function ConnectionBanner() {
  const state = useStore(connection);
  if (state === "offline") {
    return (
      <div className="banner warning" role="alert">
        <Warning /> You are offline. What you see may be out of date; the page goes on by itself when the connection is
        back.
      </div>
    );
  }
  if (state !== "signed-out") return null;
  return (
    <div className="banner warning" role="alert">
      <Warning /> Your session has ended. What you see may be out of date.{" "}
      <a href={signInAddress(window.location.pathname + window.location.search)}>Sign in again</a>
    </div>
  );
}

function HelpButton() {
  const [open, setOpen] = useState(false);
  const keys = useMemo(() => ({ "?": () => setOpen(true) }), []);
  useGlobalKeys(keys);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => setOpen(true)}
      >
        ?
      </button>
      {open && <Help onClose={() => setOpen(false)} />}
    </>
  );
}

const THEMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

function Person() {
  const { me } = useSession();
  const [theme, setTheme] = useState(storedTheme);
  const choose = (id: string) => {
    if (id === "sign-out") void leave();
    else {
      applyTheme(id as Theme);
      setTheme(id as Theme);
    }
  };
  const themes = (Object.keys(THEMES) as Theme[]).map((id) => ({
    id,
    label: `${THEMES[id]}${id === theme ? " ✓" : ""}`,
  }));
  return (
    <Menu
      label={`Signed in as ${me.name}, ${me.role}`}
      className="person"
      items={[...themes, { id: "sign-out", label: "Sign out", separated: true }]}
      onChoose={choose}
    >
      <span className="person-name">{me.name}</span>
      <span className="role">{me.role}</span>
      <Down />
    </Menu>
  );
}

async function leave(): Promise<void> {
  await signOut();
  window.location.assign("/");
}
