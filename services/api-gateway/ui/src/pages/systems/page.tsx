// System Matching: a tenant's devices, each with its suggested match, and what can be decided about them.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { asProblem } from "../../api/problems";
import * as queries from "../../api/queries";
import type { DeviceRow, Status } from "../../api/types";
import { BulkStrips } from "../../components/bulk-strip";
import { FilterTabs, SearchBox, Toolbar } from "../../components/filters";
import { Grid } from "../../components/grid";
import { Warning } from "../../components/icons";
import { Empty, Failure, Loading } from "../../components/states";
import type { BulkAction, IgnoreDetails } from "../../decisions/commands";
import { useFilter } from "../../lib/filters";
import { useCursor, useList } from "../../lib/list";
import { nextDeviceSort, SYSTEMS_DEFAULT, type SystemsFilter, systemsFilter } from "../../lib/routes";
import { useTitle } from "../../lib/title";
import { BulkMenu } from "./bulk-menu";
import { deviceColumns } from "./columns";
import { type Asked, SystemsDialogs } from "./asked";
import { SystemsHead } from "./head";
import { SuggestionSelect } from "./suggestion-filter";
import { DevicePanel } from "./panel";
import { useChecked } from "./use-checked";
import { useDeviceActs } from "./use-acts";
import { useDeviceKeys } from "./use-keys";

const TABS: readonly { id: Status; label: string }[] = [
  { id: "unmatched", label: "Unmatched" },
  { id: "matched", label: "Matched" },
  { id: "ignored", label: "Ignored" },
  { id: "all", label: "All" },
];

const idOf = (row: DeviceRow) => row.device_id;
const hasNote = (row: DeviceRow) => row.rejection !== null;
const noteOf = (row: DeviceRow) => (
  <span className="warning-text">
    <Warning /> {row.rejection?.message}
  </span>
);

export function SystemsPage({ tenantId }: { tenantId: string }) {
  const tenant = useQuery(queries.tenant(tenantId));
  const [filter, change] = useFilter(systemsFilter, SYSTEMS_DEFAULT);
  const query = useInfiniteQuery(queries.devices(tenantId, filter));
  const list = useList(query);
  const cursor = useCursor(list.rows, idOf);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [open, setOpen] = useState(false);
  const checked = useChecked(filter, list.rows, list.total);
  const { act, match, create, ignore, bulk } = useDeviceActs(tenantId, filter, checked, setAsked);
  const columns = useMemo(() => deviceColumns(filter.status, act), [filter.status, act]);
  const { index, row, goTo } = cursor;
  const onOpen = useCallback(
    (_: DeviceRow, at: number) => {
      goTo(at);
      setOpen((was) => (at === index ? !was : true));
    },
    [goTo, index],
  );
  const onKey = useDeviceKeys({ cursor, checked, act, setOpen });
  useTitle(tenant.data ? `System Matching: ${tenant.data.display_name}` : "System Matching");
  const shownOpen = open && row !== undefined;
  const counts = query.data?.pages.at(-1)?.counts;
  const error = query.error ?? tenant.error;

  if (error && asProblem(error).status === 404) return <NoTenant />;
  return (
    <main id="content" className="page">
      {tenant.data && <SystemsHead tenant={tenant.data} />}
      <Toolbar>
        <FilterTabs
          label="Filter by status"
          tabs={TABS.map((tab) => ({ ...tab, count: counts?.[tab.id as keyof typeof counts] }))}
          current={filter.status}
          onChoose={(status) => change({ status, suggestion: "any" })}
        />
        {filter.status === "unmatched" && <SuggestionSelect filter={filter} counts={counts} onChange={change} />}
        <BulkMenu
          status={filter.status}
          checked={checked.count}
          onChoose={(action: BulkAction) => setAsked({ kind: "bulk", action })}
          onClear={checked.clear}
        />
        <SearchBox label="Search devices" value={filter.search} onChange={(search) => change({ search })} />
      </Toolbar>
      <div className="split">
        <div className="content">
          {query.isPending && <Loading label="Loading devices…" />}
          {query.error && !query.data && <Failure error={query.error} onRetry={() => void query.refetch()} />}
          {query.data && list.total === 0 && !query.isPlaceholderData && <NoDevices filter={filter} />}
          {list.total > 0 && (
            <Grid
              label="Devices"
              columns={columns}
              rows={list.rows}
              total={list.total}
              idOf={idOf}
              noteOf={noteOf}
              hasNote={hasNote}
              active={index}
              onActive={goTo}
              openId={shownOpen ? row.device_id : null}
              onOpen={onOpen}
              onKey={onKey}
              onNeed={list.need}
              sort={filter.sort}
              onSort={(key) => change({ sort: nextDeviceSort(filter.sort, key) })}
              checking={checked.checking}
              busy={query.isPlaceholderData}
            />
          )}
        </div>
        {shownOpen && <DevicePanel row={row} act={act} onMatch={match} onClose={() => setOpen(false)} />}
      </div>
      <BulkStrips tenantId={tenantId} />
      <SystemsDialogs
        asked={asked}
        organization={tenant.data?.organization ?? null}
        checked={checked.count}
        onMatch={match}
        onCreate={create}
        onIgnore={ignore}
        onBulk={(action: BulkAction, details: IgnoreDetails) => bulk(action, details)}
        onClose={() => setAsked(null)}
      />
    </main>
  );
}

function NoTenant() {
  return (
    <main id="content" className="page">
      <Empty title="There is no such tenant.">It may belong to an organization that you don’t look after.</Empty>
    </main>
  );
}

const NOTHING: Record<Status, string> = {
  unmatched: "Every device is matched or ignored.",
  matched: "No device is matched yet.",
  ignored: "No device is ignored.",
  all: "This tenant has no devices.",
};

function NoDevices({ filter }: { filter: SystemsFilter }) {
  if (filter.search !== "")
    return <Empty title={`No device answers to “${filter.search}”.`}>Try fewer letters, or the filter All.</Empty>;
  if (filter.suggestion !== "any") return <Empty title="No unmatched device has a suggestion of this kind." />;
  return <Empty title={NOTHING[filter.status]} />;
}
