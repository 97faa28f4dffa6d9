// How values are written for people. All of it is pure; the time is passed in.

const counts = new Intl.NumberFormat("en-GB");
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function count(value: number): string {
  return counts.format(value);
}

/** "1 device", "2,000 devices". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share in [0, 1] as whole per cent; only what is certain shows 100 %, only what is nothing 0 %. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return "99%";
  if (rounded === 0 && share > 0) return "1%";
  return `${rounded}%`;
}

export function moment(iso: string): string {
  return moments.format(new Date(iso));
}

const STEPS: readonly (readonly [limit: number, seconds: number, unit: string])[] = [
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [Number.POSITIVE_INFINITY, 86_400, "d"],
];

/** "just now", "12 min ago", "3 h ago", "40 d ago". */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds < 60) return "just now";
  const step = STEPS.find(([limit]) => seconds < limit);
  return step ? `${count(Math.floor(seconds / step[1]))} ${step[2]} ago` : "";
}

const SPANS: readonly (readonly [seconds: number, one: string])[] = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** "15 minutes", "1 hour": in the largest unit that leaves no rest. */
export function span(seconds: number): string {
  const [size, one] = SPANS.find(([unit]) => seconds % unit === 0) ?? [1, "second"];
  return plural(seconds / size, one);
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Bytes in decimal units, as makers of disks count. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${UNITS[power] ?? ""}`;
}

const WORDS: Record<string, string> = {
  os: "OS",
  psa: "PSA",
  mac: "MAC",
  imei: "IMEI",
  meid: "MEID",
  ip: "IP",
  id: "ID",
  wifi: "Wi-Fi",
  entra: "Entra",
  intune: "Intune",
  ethernet: "Ethernet",
};

/** "wifi_mac_address" → "Wi-Fi MAC address". */
export function fieldLabel(field: string): string {
  const words = field
    .replace(/^is_|_bytes$/g, "")
    .split("_")
    .map((word) => WORDS[word] ?? word);
  const [first = "", ...rest] = words;
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(" ");
}

/** "Dell Latitude 5440"; makers that begin a model's name with their own are not named twice. */
export function modelName(manufacturer: string | null, model: string | null): string {
  if (!manufacturer || !model) return manufacturer ?? model ?? "";
  return model.toLowerCase().startsWith(manufacturer.toLowerCase()) ? model : `${manufacturer} ${model}`;
}

const RULES: Record<string, string> = {
  intune_id: "Intune ID",
  serial_number: "serial number",
  mac_address: "MAC address",
  device_name: "device name",
  tenant_name: "tenant name",
  domain: "domain",
  alias: "alias",
  device_overlap: "device overlap",
};

export function ruleLabel(rule: string): string {
  return RULES[rule] ?? fieldLabel(rule);
}

/** "DeviceMatched" → "Device matched". */
export function eventLabel(event: string): string {
  const spaced = event.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const DATE = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;

/** One of Intune's facts, in words; null where there is nothing to show. */
export function fact(field: string, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return field.endsWith("_bytes") ? bytes(value) : count(value);
  if (typeof value === "string") return DATE.test(value) ? moment(value) : value;
  return JSON.stringify(value);
}
