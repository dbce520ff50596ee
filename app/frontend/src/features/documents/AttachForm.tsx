import { Select } from "../../components/Field";
import { Form } from "../../components/Form";
import { LoadFailure } from "../../components/LoadFailure";
import { useAllDocuments, usePointDocument } from "./api";

/** Attaches to a posting one of the documents that are there already. */
export function AttachForm({ postingId }: { postingId: number }) {
  const all = useAllDocuments();
  const point = usePointDocument();
  if (all.error) return <LoadFailure error={all.error} retry={all.refetch} />;
  const others = all.data?.items.filter((document) => document.job_posting_id !== postingId) ?? [];
  // Nothing to choose from needs no list to choose from it.
  if (others.length === 0) return null;

  async function attach(chosen: string) {
    const document = others.find(({ id }) => String(id) === chosen);
    if (document) await point.mutateAsync({ document, postingId });
  }

  return (
    <Form
      className="attach"
      names={["document"]}
      onSubmit={({ document }) => attach(document)}
      submitLabel="Attach"
      pendingLabel="Attaching…"
      submitClass="button-quiet"
    >
      <Select name="document" label="Attach one of your files" required defaultValue="">
        <option value="">Choose a file</option>
        {others.map((document) => (
          <option key={document.id} value={document.id}>
            {document.name}, version {document.version}
            {document.job_posting_id !== null && " (moves here from another posting)"}
          </option>
        ))}
      </Select>
    </Form>
  );
}
