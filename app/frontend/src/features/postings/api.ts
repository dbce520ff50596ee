import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "../../lib/api/client";
import { listOf } from "../../lib/api/lists";
import type { Posting, PostingIn, PostingMove, PostingStatus, PostingSummary } from "../../lib/api/types";
import { today } from "../../lib/dates";

const boardKey = ["postings", "board"];
const postingKey = (id: number) => ["postings", "one", id];
const cardsPerPage = 20;

async function fetchPosting(id: number): Promise<Posting> {
  return (await api.get(`/postings/${String(id)}`)) as Posting;
}

/** One column of the board, as far as it is loaded. */
export function useColumn(status: PostingStatus, search: string) {
  return useInfiniteQuery({
    ...listOf<PostingSummary>({
      key: [...boardKey, status, search],
      path: "/postings",
      query: { status, ...(search && { search }) },
      perPage: cardsPerPage,
    }),
    placeholderData: keepPreviousData,
  });
}

export function usePosting(id: number) {
  return useQuery({ queryKey: postingKey(id), queryFn: () => fetchPosting(id) });
}

/** Keeps what was answered, and has the board loaded again where it is shown next. */
function usePostingChange() {
  const client = useQueryClient();
  return {
    changed: (posting: Posting) => {
      client.setQueryData(postingKey(posting.id), posting);
      void client.invalidateQueries({ queryKey: boardKey });
    },
    removed: () => {
      void client.invalidateQueries({ queryKey: boardKey });
      // Its documents stay, tailored to none.
      void client.invalidateQueries({ queryKey: ["documents"] });
    },
    /** Somebody else changed something: what is shown is out of date. */
    outdated: ({ id }: { id: number }) => {
      void client.invalidateQueries({ queryKey: boardKey });
      void client.invalidateQueries({ queryKey: postingKey(id) });
    },
  };
}

export function useAddPosting() {
  const { changed } = usePostingChange();
  return useMutation({
    mutationFn: async (values: PostingIn) => (await api.post("/postings", values)) as Posting,
    onSuccess: changed,
  });
}

export function useSavePosting() {
  const { changed } = usePostingChange();
  return useMutation({
    mutationFn: async ({ values, replaced }: { values: PostingIn; replaced: Posting }) =>
      (await api.put(`/postings/${String(replaced.id)}`, values, replaced.etag)) as Posting,
    onSuccess: changed,
  });
}

export function useMovePosting() {
  const { changed, outdated } = usePostingChange();
  return useMutation({
    mutationFn: async ({ posting, status }: { posting: PostingSummary; status: PostingStatus }) => {
      // The backend would note the day in UTC.
      const move: PostingMove = { status, applied_on: status === "saved" ? null : today() };
      return (await api.put(`/postings/${String(posting.id)}/status`, move, posting.etag)) as Posting;
    },
    onSuccess: changed,
    onError: (_, { posting }) => {
      outdated(posting);
    },
  });
}

export function useRemovePosting() {
  const { removed, outdated } = usePostingChange();
  return useMutation({
    mutationFn: (posting: Posting) => api.delete(`/postings/${String(posting.id)}`, posting.etag),
    onSuccess: removed,
    onError: (_, posting) => {
      outdated(posting);
    },
  });
}

/** Asks for a posting as it is at this moment. */
export function useReloadPosting() {
  const client = useQueryClient();
  return (id: number) =>
    client.query({ queryKey: postingKey(id), queryFn: () => fetchPosting(id), staleTime: 0 });
}
