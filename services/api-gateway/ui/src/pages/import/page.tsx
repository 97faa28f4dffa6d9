// Import: organizations and configurations from CSV files, checked whole before the first row is sent.
import { administerRefusal } from "../../lib/roles";
import { useTitle } from "../../lib/title";
import { useSession } from "../../session";
import { ImportCard } from "./card";

export function ImportPage() {
  const { me } = useSession();
  useTitle("Import");
  const refusal = administerRefusal(me.role);
  return (
    <main id="content" className="page import-page">
      <div className="page-head">
        <div className="titles">
          <h1>Import</h1>
          <p className="muted">
            CSV files in UTF-8 with a header row, with IT Glue’s column names; dates are yyyy-mm-dd. A file with errors
            is not imported at all.
          </p>
        </div>
      </div>
      {refusal && <div className="banner">{refusal}</div>}
      <div className="cards">
        <ImportCard
          subject="organizations"
          choose="Choose an organizations file"
          title="Organizations"
          columns="id, name, short_name, organization_type, organization_status, domains, aliases"
          note="Import these first: configurations belong to them. Several domains or aliases are separated by a semicolon."
          refusal={refusal}
        />
        <ImportCard
          subject="configurations"
          choose="Choose a configurations file"
          title="Configurations"
          columns="id, organization_id, organization, name, hostname, primary_ip, mac_address, serial_number, asset_tag, configuration_type, configuration_status, manufacturer, model, operating_system, location, contact, notes, installed_at, purchased_at, warranty_expires_at, archived, interfaces"
          note="An interface is name|ip|mac|primary; several are separated by a semicolon. Put a backslash before a bar or semicolon within a name."
          refusal={refusal}
        />
      </div>
    </main>
  );
}
