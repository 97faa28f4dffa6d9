import { useQuery } from "@tanstack/react-query";
import { Redirect, Route, Switch } from "wouter";

import { asProblem } from "./api/problems";
import * as queries from "./api/queries";
import { Header } from "./components/header";
import { Empty, Failure, Loading } from "./components/states";
import { Toasts } from "./components/toasts-view";
import { ImportPage } from "./pages/import/page";
import { SignIn } from "./pages/sign-in";
import { SystemsPage } from "./pages/systems/page";
import { TenantsPage } from "./pages/tenants/page";
import { SessionProvider } from "./session";

export function App() {
  const me = useQuery(queries.me);
  if (me.data) {
    return (
      <SessionProvider me={me.data}>
        <Header />
        <Pages />
        <Toasts />
      </SessionProvider>
    );
  }
  if (me.isPending) return <Loading label="Loading Matchbook…" />;
  if (asProblem(me.error).status === 401) return <SignIn />;
  return <Failure error={me.error} onRetry={() => void me.refetch()} />;
}

function Pages() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/tenants" replace />
      </Route>
      <Route path="/tenants" component={TenantsPage} />
      <Route path="/tenants/:tenantId">
        {({ tenantId }) => <SystemsPage key={tenantId} tenantId={decodeURIComponent(tenantId)} />}
      </Route>
      <Route path="/import" component={ImportPage} />
      <Route>
        <main className="page">
          <Empty title="There is no such page.">Go to Microsoft Tenant Matching, above.</Empty>
        </main>
      </Route>
    </Switch>
  );
}
