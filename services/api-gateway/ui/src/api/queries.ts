// Every read of the gateway, with the key it is cached under.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { SystemsFilter, TenantsFilter } from "../lib/routes";
import { api, body } from "./client";
import { Problem } from "./problems";

// The first page is small, so that rows show at once; the others are as large as the gateway gives.
const FIRST_PAGE = 100;
const NEXT_PAGES = 500;

const SHOWN_RESULTS = 200;

interface PageParam {
  cursor: string | null;
}

function paging({ cursor }: PageParam): { limit: number; cursor?: string } {
  return cursor === null ? { limit: FIRST_PAGE } : { limit: NEXT_PAGES, cursor };
}

function nextPage(page: { next_cursor?: string | null }): PageParam | undefined {
  return page.next_cursor ? { cursor: page.next_cursor } : undefined;
}

const FIRST: PageParam = { cursor: null };

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => body(api.GET("/api/me", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const summary = queryOptions({
  queryKey: ["summary"],
  queryFn: ({ signal }) => body(api.GET("/api/summary", { signal })),
});

export function tenants(filter: TenantsFilter) {
  return infiniteQueryOptions({
    queryKey: ["tenants", filter],
    queryFn: ({ pageParam, signal }) =>
      body(api.GET("/api/tenants", { params: { query: { ...filter, ...paging(pageParam) } }, signal })),
    initialPageParam: FIRST,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });
}

export function tenant(tenantId: string) {
  return queryOptions({
    queryKey: ["tenant", tenantId],
    queryFn: ({ signal }) =>
      body(api.GET("/api/tenants/{tenant_id}", { params: { path: { tenant_id: tenantId } }, signal })),
  });
}

export function devices(tenantId: string, filter: SystemsFilter) {
  return infiniteQueryOptions({
    queryKey: ["devices", tenantId, filter],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/api/tenants/{tenant_id}/devices", {
          params: { path: { tenant_id: tenantId }, query: { ...filter, ...paging(pageParam) } },
          signal,
        }),
      ),
    initialPageParam: FIRST,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });
}

export function device(tenantId: string, deviceId: string) {
  return queryOptions({
    queryKey: ["device", tenantId, deviceId],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/tenants/{tenant_id}/devices/{device_id}", {
          params: { path: { tenant_id: tenantId, device_id: deviceId } },
          signal,
        }),
      ),
  });
}

export function organizations(search: string) {
  return queryOptions({
    queryKey: ["organizations", search],
    queryFn: ({ signal }) => body(api.GET("/api/organizations", { params: { query: { search, limit: 20 } }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function configurations(organizationId: string, search: string) {
  return queryOptions({
    queryKey: ["configurations", organizationId, search],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/organizations/{organization_id}/configurations", {
          params: { path: { organization_id: organizationId }, query: { search, limit: 20 } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export function bulk(bulkId: string) {
  return queryOptions({
    queryKey: ["bulk", bulkId],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/bulk/{bulk_id}", {
          params: { path: { bulk_id: bulkId }, query: { limit: SHOWN_RESULTS } },
          signal,
        }),
      ),
    // Events tell of progress; asking now and then covers a stream that is away.
    refetchInterval: (query) => (query.state.data?.pending === 0 ? false : 1000),
  });
}

export function importStatus(importId: string) {
  return queryOptions({
    queryKey: ["import", importId],
    queryFn: ({ signal }) =>
      body(api.GET("/api/imports/{import_id}", { params: { path: { import_id: importId } }, signal })),
    refetchInterval: (query) => {
      const data = query.state.data;
      return data && data.applied_chunks >= data.chunks ? false : 1000;
    },
  });
}

export function syncRuns(tenantId: string) {
  return queryOptions({
    queryKey: ["sync-runs", tenantId],
    queryFn: ({ signal }) => body(api.GET("/api/sync-runs", { params: { query: { tenant_id: tenantId } }, signal })),
  });
}

/** The newest test of a tenant's connection, whoever asked for it; null where there was none lately. */
export function connectionTest(tenantId: string) {
  return queryOptions({
    queryKey: ["connection-test", tenantId],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/tenants/{tenant_id}/connection-test", { params: { path: { tenant_id: tenantId } }, signal }),
      ).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }),
  });
}
