import { infiniteQueryOptions, type InfiniteData, type QueryKey } from "@tanstack/react-query";
import { api } from "./client";
import type { PageOf } from "./types";

interface ListOptions {
  key: QueryKey;
  path: string;
  query?: Record<string, string>;
  perPage: number;
}

/** A list that is loaded a page at a time. */
export function listOf<Item extends { id: number }>({ key, path, query, perPage }: ListOptions) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: async ({ pageParam }) => {
      const asked = new URLSearchParams({
        ...query,
        page: String(pageParam),
        per_page: String(perPage),
      });
      return (await api.get(`${path}?${asked.toString()}`)) as PageOf<Item>;
    },
    initialPageParam: 1,
    getNextPageParam: ({ page, per_page, total }: PageOf<Item>) =>
      page * per_page < total ? page + 1 : undefined,
    select: joined,
  });
}

/** The pages as one list. What moved from one page to the next between two loads came twice, and counts once. */
function joined<Item extends { id: number }>({ pages }: InfiniteData<PageOf<Item>>) {
  const items = new Map(pages.flatMap((page) => page.items).map((item) => [item.id, item]));
  return { items: [...items.values()], total: pages.at(-1)?.total ?? 0 };
}
