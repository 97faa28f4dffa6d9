import { signInAddress } from "../api/client";
import { Mark } from "../components/icons";

export function SignIn() {
  const here = window.location.pathname + window.location.search;
  return (
    <main className="sign-in">
      <Mark />
      <h1>Matchbook</h1>
      <p className="muted">
        Match the Microsoft tenants and Intune devices you look after with the organizations and configurations you
        document.
      </p>
      <a className="button primary" href={signInAddress(here)}>
        Sign in with Microsoft
      </a>
    </main>
  );
}
