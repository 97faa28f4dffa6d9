// What is set for one tenant, where it is not left to the account's default.
import { useId } from "react";

import { setDeviceSync, setSchedule } from "../../api/requests";
import type { TenantDetail } from "../../api/types";
import { span } from "../../lib/format";
import { administerRefusal } from "../../lib/roles";
import { useSession } from "../../session";
import { Section } from "../systems/panel";

const DEFAULT = "default";
const INTERVALS: readonly number[] = [900, 3600, 6 * 3600, 24 * 3600];

export function SettingsSection({ tenant }: { tenant: TenantDetail }) {
  const { tenant_id, sync_override: sync, interval_seconds: interval } = tenant;
  const intervals =
    interval === null || INTERVALS.includes(interval) ? INTERVALS : [...INTERVALS, interval].sort((a, b) => a - b);
  return (
    <Section title="Settings">
      <Setting
        label="Sync Intune Devices"
        value={sync === null ? DEFAULT : sync ? "on" : "off"}
        options={[
          ["on", "On"],
          ["off", "Off"],
        ]}
        onChoose={(value) => void setDeviceSync(tenant_id, value === DEFAULT ? null : value === "on")}
      />
      <Setting
        label="Sync every"
        value={interval === null ? DEFAULT : String(interval)}
        options={intervals.map((seconds) => [String(seconds), span(seconds)])}
        onChoose={(value) => void setSchedule(tenant_id, value === DEFAULT ? null : Number(value))}
      />
    </Section>
  );
}

interface SettingProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}

function Setting({ label, value, options, onChoose }: SettingProps) {
  const { me } = useSession();
  const refusal = administerRefusal(me.role);
  const id = useId();
  return (
    <p className="setting">
      <label htmlFor={id}>{label}</label>
      <select
        className="select"
        id={id}
        value={value}
        disabled={refusal !== null}
        title={refusal ?? undefined}
        onChange={(event) => onChoose(event.target.value)}
      >
        <option value={DEFAULT}>The account&apos;s default</option>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </p>
  );
}
