// System Matching: a tenant's devices, each with its suggested match, and what can be decided about them.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { asProblem } from "../../api/problems";
import * as queries from "../../api/queries";
import type { DeviceRow, Status } from "../../api/types";
import { BulkStrips } from "../../components/bulk-strip";
import { Grid } from "../../components/grid";
import { Warning } from "../../components/icons";
import { ListBody } from "../../components/list-body";
import { Empty } from "../../components/states";
import { useFilter } from "../../lib/filters";
import { useCursor, useList, useOpening } from "../../lib/list";
import { nextDeviceSort, SYSTEMS_DEFAULT, type SystemsFilter, systemsFilter } from "../../lib/routes";
import { useTitle } from "../../lib/title";
import { deviceColumns } from "./columns";
import { type Asked, SystemsDialogs } from "./asked";
import { SystemsHead } from "./head";
import { SystemsToolbar } from "./toolbar";
import { DevicePanel } from "./panel";
import { useChecked } from "./use-checked";
import { useDeviceActs } from "./use-acts";
import { useDeviceKeys } from "./use-keys";

const idOf = (row: DeviceRow) => row.device_id;
const hasNote = (row: DeviceRow) => row.rejection !== null;
const noteOf = (row: DeviceRow) => (
  <span className="warning-text">
    <Warning /> {row.rejection?.message}
  </span>
);
const DEVICE_ROWS = { label: "Devices", idOf, hasNote, noteOf };

export function SystemsPage({ tenantId }: { tenantId: string }) {
  const tenant = useQuery(queries.tenant(tenantId));
  const [filter, change] = useFilter(systemsFilter, SYSTEMS_DEFAULT);
  const query = useInfiniteQuery(queries.devices(tenantId, filter));
  const list = useList(query);
  const cursor = useCursor(list.rows, idOf);
  const [asked, setAsked] = useState<Asked | null>(null);
  const checked = useChecked(filter, list.rows, list.total);
  const { act, match, create, ignore, bulk } = useDeviceActs(tenantId, filter, checked, setAsked);
  const columns = useMemo(() => deviceColumns(filter.status, act), [filter.status, act]);
  const { open, setOpen, onOpen } = useOpening(cursor);
  const onKey = useDeviceKeys({ cursor, checked, act, setOpen });
  useTitle(tenant.data ? `System Matching: ${tenant.data.display_name}` : "System Matching");
  if (tenant.error && asProblem(tenant.error).status === 404) return <NoTenant />;
  return (
    <main id="content" className="page">
      {tenant.data && <SystemsHead tenant={tenant.data} />}
      <SystemsToolbar
        filter={filter}
        counts={query.data?.pages.at(-1)?.counts}
        checked={checked}
        onChange={change}
        onBulk={(action) => setAsked({ kind: "bulk", action })}
      />
      <div className="split">
        <ListBody query={query} total={list.total} loading="Loading devices…" empty={<NoDevices filter={filter} />}>
          <Grid
            columns={columns}
            {...DEVICE_ROWS}
            {...list}
            active={cursor.index}
            onActive={cursor.goTo}
            openId={open ? (cursor.row?.device_id ?? null) : null}
            onOpen={onOpen}
            onKey={onKey}
            sort={filter.sort}
            onSort={(key) => change({ sort: nextDeviceSort(filter.sort, key) })}
            checking={checked.checking}
            busy={query.isPlaceholderData}
          />
        </ListBody>
        {open && cursor.row && (
          <DevicePanel row={cursor.row} act={act} onMatch={match} onClose={() => setOpen(false)} />
        )}
      </div>
      <BulkStrips tenantId={tenantId} />
      <SystemsDialogs
        asked={asked}
        organization={tenant.data?.organization ?? null}
        checked={checked.count}
        onMatch={match}
        onCreate={create}
        onIgnore={ignore}
        onBulk={bulk}
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
  if (filter.suggestion === "changed_since")
    return <Empty title="No suggestion has changed since its device was ignored." />;
  if (filter.suggestion !== "any") return <Empty title="No unmatched device has a suggestion of this kind." />;
  return <Empty title={NOTHING[filter.status]} />;
}
