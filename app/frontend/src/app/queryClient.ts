import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../lib/api/problem";

const attempts = 3;

/** Reads are tried again when the way to the backend failed, never when the backend gave its answer. */
function retry(failures: number, error: Error): boolean {
  const passing = error instanceof ApiError && (error.status === 0 || error.status >= 502);
  return passing && failures < attempts - 1;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry } } });
}
