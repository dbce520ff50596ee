import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../lib/api/client";
import { listOf } from "../../lib/api/lists";
import type { Education, EducationIn, Work, WorkIn } from "../../lib/api/types";

export type Entry = Education | Work;
export type EntryIn = EducationIn | WorkIn;
export type HistoryPath = "/education" | "/work";

const historyKey = (path: HistoryPath) => [path.slice(1)];

export function historyList<Kind extends Entry>(path: HistoryPath) {
  return listOf<Kind>({ key: historyKey(path), path, perPage: 100 });
}

/** The list is loaded again before a change counts as done: its order depends on every entry. */
function useListChange(path: HistoryPath) {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: historyKey(path) });
}

export function useSaveEntry(path: HistoryPath) {
  const onSuccess = useListChange(path);
  return useMutation({
    /** Without the entry that it replaces, a new one. */
    mutationFn: async ({ values, replaced }: { values: EntryIn; replaced: Entry | undefined }) => {
      const saved = replaced
        ? await api.put(`${path}/${String(replaced.id)}`, values, replaced.etag)
        : await api.post(path, values);
      return saved as Entry;
    },
    onSuccess,
  });
}

export function useRemoveEntry(path: HistoryPath) {
  const onSettled = useListChange(path);
  return useMutation({
    mutationFn: (entry: Entry) => api.delete(`${path}/${String(entry.id)}`, entry.etag),
    onSettled,
  });
}

/** Asks for one entry as it is at this moment. */
export function useReloadEntry<Kind extends Entry>(path: HistoryPath): (id: number) => Promise<Kind> {
  const reloadList = useListChange(path);
  return async (id) => {
    const entry = (await api.get(`${path}/${String(id)}`)) as Kind;
    await reloadList();
    return entry;
  };
}
