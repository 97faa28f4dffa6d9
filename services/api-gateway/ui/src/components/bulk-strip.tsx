// How far the bulk actions are that this page started; stays until it is dismissed.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import * as queries from "../api/queries";
import type { BulkProgress } from "../api/types";
import { hideBulk, type StartedBulk, startedBulks } from "../decisions/bulks";
import type { BulkAction } from "../decisions/commands";
import { removeBulk } from "../decisions/pending";
import { count, plural } from "../lib/format";
import { useStore } from "../lib/store";
import { Meter } from "./confidence";
import { Dialog } from "./dialog";
import { Cross } from "./icons";

const DOING: Record<BulkAction, string> = {
  accept: "Accepting",
  create: "Creating configurations for",
  ignore: "Ignoring",
  revert: "Reverting",
};

export function BulkStrips({ tenantId }: { tenantId: string }) {
  const started = useStore(startedBulks).filter((bulk) => bulk.tenantId === tenantId);
  return started.map((bulk) => <BulkStrip key={bulk.bulkId} started={bulk} />);
}

function BulkStrip({ started }: { started: StartedBulk }) {
  const { bulkId, action, tenantId } = started;
  const client = useQueryClient();
  const { data } = useQuery(queries.bulk(bulkId));
  const [details, setDetails] = useState(false);
  const finished = data?.pending === 0;
  useEffect(() => {
    if (!finished) return;
    const keys = [["devices", tenantId], ["tenant", tenantId], ["tenants"], ["summary"]];
    void Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey }))).then(() => removeBulk(bulkId));
  }, [finished, client, tenantId, bulkId]);

  const decided = data ? data.applied + data.rejected : 0;
  const total = data?.total ?? started.count;
  const words = `${DOING[action]} ${plural(total, "device")}: ${sentence(data, total)}`;
  return (
    <div className="strip" role="status">
      <Meter value={decided} total={total} label={words} />
      <span>{words}</span>
      {data && data.rejected > 0 && (
        <button type="button" className="link" onClick={() => setDetails(true)}>
          Show what was refused
        </button>
      )}
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => hideBulk(bulkId)}>
        <Cross />
      </button>
      {details && data && <Refused tenantId={tenantId} progress={data} onClose={() => setDetails(false)} />}
    </div>
  );
}

function sentence(data: BulkProgress | undefined, total: number): string {
  if (!data) return "sent";
  const refused = data.rejected > 0 ? `, ${count(data.rejected)} refused` : "";
  return data.pending > 0
    ? `${count(data.applied)} of ${count(total)} done${refused}`
    : `${count(data.applied)} done${refused}`;
}

interface RefusedProps {
  readonly tenantId: string;
  readonly progress: BulkProgress;
  readonly onClose: () => void;
}

function Refused({ tenantId, progress, onClose }: RefusedProps) {
  const refused = progress.results.filter((result) => result.status === "rejected");
  return (
    <Dialog title={`${plural(progress.rejected, "device")} refused`} onClose={onClose} wide>
      <div className="dialog-scroll">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Device</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {refused.map((result) => (
              <tr key={result.decision_id}>
                <td>{result.device_id && <DeviceName tenantId={tenantId} deviceId={result.device_id} />}</td>
                <td>{result.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {refused.length < progress.rejected && <p className="muted">The first {count(refused.length)} are shown.</p>}
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function DeviceName({ tenantId, deviceId }: { tenantId: string; deviceId: string }) {
  const { data } = useQuery(queries.device(tenantId, deviceId));
  return <>{data?.device_name ?? deviceId}</>;
}
