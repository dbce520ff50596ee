import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Uploading } from "../../lib/api/client";
import { listOf } from "../../lib/api/lists";
import type { Document, DocumentIn, DocumentPage } from "../../lib/api/types";

const documentsKey = ["documents"];

/** The most that a list gives at once, and that an account may hold. */
const mostDocuments = 100;

/** One's own documents, or those tailored to one posting. */
export function useDocuments(postingId?: number) {
  return useInfiniteQuery(
    listOf<Document>({
      key: [...documentsKey, "list", postingId],
      path: "/documents",
      query: postingId === undefined ? {} : { job_posting_id: String(postingId) },
      perPage: 20,
    }),
  );
}

/** All of one's own documents at once, to choose from. */
export function useAllDocuments() {
  return useQuery({
    queryKey: [...documentsKey, "all"],
    queryFn: async () => (await api.get(`/documents?per_page=${String(mostDocuments)}`)) as DocumentPage,
  });
}

/** The lists are loaded again before a change counts as done, so that the focus finds its way in them. */
function useListChange() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: documentsKey });
}

export interface Upload extends Uploading {
  file: File;
  postingId: number | undefined;
}

/** Gives the stored document, and whether it is new: the same file twice is stored once. */
export function useUpload() {
  const onSettled = useListChange();
  return useMutation({
    mutationFn: async ({ file, postingId, ...uploading }: Upload) => {
      const query = new URLSearchParams({
        name: file.name,
        ...(postingId !== undefined && { job_posting_id: String(postingId) }),
      });
      const response = await api.upload(`/documents?${query.toString()}`, file, uploading);
      return { document: (await response.json()) as Document, isNew: response.status === 201 };
    },
    onSettled,
  });
}

/** Tailors a document to a posting, or to none. */
export function usePointDocument() {
  const onSettled = useListChange();
  return useMutation({
    mutationFn: async ({ document, postingId }: { document: Document; postingId: number | null }) => {
      const values: DocumentIn = { job_posting_id: postingId };
      return (await api.put(`/documents/${String(document.id)}`, values, document.etag)) as Document;
    },
    onSettled,
  });
}

export function useRemoveDocument() {
  const onSettled = useListChange();
  return useMutation({
    mutationFn: (document: Document) => api.delete(`/documents/${String(document.id)}`, document.etag),
    onSettled,
  });
}

const contentPath = (id: number) => `/documents/${String(id)}/content`;

export function downloadAddress({ id }: Document): string {
  return api.address(contentPath(id));
}

/** The file itself, which never changes; memory keeps it no longer than the page shows it. */
export function useContent(id: number) {
  return useQuery({
    queryKey: ["content", id],
    queryFn: () => api.file(contentPath(id)),
    staleTime: Infinity,
    gcTime: 0,
  });
}
