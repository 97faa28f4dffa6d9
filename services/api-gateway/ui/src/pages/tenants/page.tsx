// Microsoft Tenant Matching: every tenant, the organization it is, and how many of its machines are matched.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useMemo, useState } from "react";

import * as queries from "../../api/queries";
import { EVERY_TENANT, requestSync } from "../../api/requests";
import type { Status, Summary, TenantRow } from "../../api/types";
import { FilterTabs, SearchBox, Toolbar } from "../../components/filters";
import { Grid } from "../../components/grid";
import { Sync, Warning } from "../../components/icons";
import { ListBody } from "../../components/list-body";
import { Empty } from "../../components/states";
import { accessTrouble } from "../../components/sync-state";
import { ago, plural } from "../../lib/format";
import { useFilter } from "../../lib/filters";
import { useNow } from "../../lib/hooks";
import { useCursor, useList, useOpening } from "../../lib/list";
import { movement } from "../../lib/place";
import { administerRefusal, decideRefusal } from "../../lib/roles";
import { nextTenantSort, TENANTS_DEFAULT, type TenantsFilter, tenantsFilter } from "../../lib/routes";
import { useTitle } from "../../lib/title";
import { useSession } from "../../session";
import { type TenantAct, tenantColumns } from "./columns";
import { AddTenantDialog, type Asked, TenantDialogs } from "./dialogs";
import { TenantPanel } from "./panel";
import { useTenantActs } from "./use-acts";

const idOf = (row: TenantRow) => row.tenant_id;
const troubleOf = (row: TenantRow) => row.rejection?.message ?? accessTrouble(row);
const hasNote = (row: TenantRow) => troubleOf(row) !== null;
const noteOf = (row: TenantRow) => (
  <span className="warning-text">
    <Warning /> {troubleOf(row)}
  </span>
);
const TENANT_ROWS = { label: "Tenants", idOf, hasNote, noteOf };

export function TenantsPage() {
  const [filter, change] = useFilter(tenantsFilter, TENANTS_DEFAULT);
  const query = useInfiniteQuery(queries.tenants(filter));
  const summary = useQuery(queries.summary);
  const list = useList(query);
  const cursor = useCursor(list.rows, idOf);
  const [asked, setAsked] = useState<Asked | null>(null);
  const { open, setOpen, onOpen } = useOpening(cursor);
  const { act, match, create, ignore } = useTenantActs(setAsked, setOpen);
  const columns = useMemo(() => tenantColumns(act), [act]);
  const { index, row, goTo } = cursor;
  useTitle("Microsoft Tenant Matching");
  return (
    <main id="content" className="page">
      <TenantsHead summary={summary.data} />
      <Toolbar>
        <FilterTabs
          label="Filter by status"
          tabs={tabs(filter, summary.data)}
          current={filter.status}
          onChoose={(status) => change({ status })}
        />
        <SearchBox label="Search tenants" value={filter.search} onChange={(search) => change({ search })} />
      </Toolbar>
      <div className="split">
        <ListBody query={query} total={list.total} loading="Loading tenants…" empty={<NoTenants filter={filter} />}>
          <Grid
            columns={columns}
            {...TENANT_ROWS}
            {...list}
            active={index}
            onActive={goTo}
            openId={open ? (row?.tenant_id ?? null) : null}
            onOpen={onOpen}
            onKey={(event, page) => onKey(event, page, { index, row, goTo, act, close: () => setOpen(false) })}
            sort={filter.sort}
            onSort={(key) => change({ sort: nextTenantSort(filter.sort, key) })}
            busy={query.isPlaceholderData}
          />
        </ListBody>
        {open && row && <TenantPanel row={row} onMatch={match} onClose={() => setOpen(false)} />}
      </div>
      <TenantDialogs asked={asked} onMatch={match} onCreate={create} onIgnore={ignore} onClose={() => setAsked(null)} />
    </main>
  );
}

interface Keys {
  readonly index: number;
  readonly row: TenantRow | undefined;
  readonly goTo: (index: number) => void;
  readonly act: (action: TenantAct, row: TenantRow) => boolean;
  readonly close: () => void;
}

function onKey(event: KeyboardEvent, page: number, { index, row, goTo, act, close }: Keys): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onControl = event.target instanceof Element && event.target.closest("button, input, a") !== null;
  const step = movement(event.key, page);
  if (step !== null) goTo(index + step);
  else if (event.key === "Escape") close();
  else {
    const action = actionOf(event.key, row);
    if (!action || !row || (onControl && event.key === "Enter")) return;
    const done = act(action, row);
    if (done && (action === "accept" || action === "ignore")) goTo(index + 1);
  }
  event.preventDefault();
}

function actionOf(key: string, row: TenantRow | undefined): TenantAct | null {
  if (key === "m") return row?.status === "matched" ? "change" : "matchTo";
  const actions: Record<string, TenantAct> = {
    a: "accept",
    c: "create",
    i: "ignore",
    r: "revert",
    d: "details",
    Enter: "devices",
  };
  return actions[key] ?? null;
}

const TABS: readonly { id: Status; label: string; of: (totals: Summary["tenants"]) => number }[] = [
  { id: "unmatched", label: "Unmatched", of: (totals) => totals.unmatched },
  { id: "matched", label: "Matched", of: (totals) => totals.matched },
  { id: "ignored", label: "Ignored", of: (totals) => totals.ignored },
  { id: "all", label: "All", of: (totals) => totals.total },
];

// The totals are of all tenants; while something is searched they would promise too much.
function tabs(filter: TenantsFilter, summary: Summary | undefined) {
  const shown = filter.search === "" ? summary : undefined;
  return TABS.map(({ id, label, of }) => ({ id, label, count: shown ? of(shown.tenants) : undefined }));
}

function TenantsHead({ summary }: { summary: Summary | undefined }) {
  const { me } = useSession();
  const now = useNow();
  const [adding, setAdding] = useState(false);
  const refusal = decideRefusal(me.role);
  const addRefusal = administerRefusal(me.role);
  return (
    <>
      <div className="page-head">
        <div className="titles">
          <h1>Microsoft Tenant Matching</h1>
          <p className="muted">
            {summary
              ? `${plural(summary.devices.unmatched, "device")} unmatched in ${plural(summary.tenants.total, "tenant")}`
              : " "}
          </p>
        </div>
        <div className="sync-info">
          {summary?.last_sync && <span className="muted">Last sync {ago(summary.last_sync, now)}</span>}
          <button
            type="button"
            className="button small"
            disabled={refusal !== null}
            title={refusal ?? "Read all tenants and their devices from Microsoft now"}
            onClick={() => void requestSync(EVERY_TENANT, "all tenants")}
          >
            <Sync /> Sync all
          </button>
          <button
            type="button"
            className="button small"
            disabled={addRefusal !== null}
            title={addRefusal ?? "Look after a tenant that is not among the partner's customers"}
            onClick={() => setAdding(true)}
          >
            Add tenant
          </button>
        </div>
      </div>
      {adding && <AddTenantDialog onClose={() => setAdding(false)} />}
    </>
  );
}

const NOTHING: Record<Status, string> = {
  unmatched: "Every tenant is matched or ignored.",
  matched: "No tenant is matched yet.",
  ignored: "No tenant is ignored.",
  all: "No tenant has been found yet.",
};

function NoTenants({ filter }: { filter: TenantsFilter }) {
  if (filter.search !== "") return <Empty title={`No tenant answers to “${filter.search}”.`}>Try fewer letters.</Empty>;
  return (
    <Empty title={NOTHING[filter.status]}>
      {filter.status === "all" && "Tenants appear here by themselves after the first sync of the partner's customers."}
    </Empty>
  );
}
