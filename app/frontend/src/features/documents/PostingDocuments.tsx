import { useState } from "react";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Notice } from "../../components/Notice";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { useFocusNext } from "../../components/useFocusNext";
import { messageOf } from "../../lib/api/problem";
import type { Document } from "../../lib/api/types";
import { useDocuments, usePointDocument } from "./api";
import { AttachForm } from "./AttachForm";
import { DocumentItem } from "./DocumentItem";
import { UploadForm } from "./UploadForm";

const headingId = "posting-documents";

/** On a posting's page: the documents tailored to it, and how others come to it. */
export function PostingDocuments({ postingId }: { postingId: number }) {
  const documents = useDocuments(postingId);
  const point = usePointDocument();
  const [failure, setFailure] = useState("");
  const focusNext = useFocusNext();

  async function detach(document: Document) {
    setFailure("");
    try {
      await point.mutateAsync({ document, postingId: null });
      focusNext(headingId);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }

  return (
    <Section title="Résumés for this posting" headingId={headingId}>
      {failure && <Notice>{failure}</Notice>}
      {documents.data ? (
        documents.data.items.length > 0 ? (
          <ul className="entries">
            {documents.data.items.map((document) => (
              <DocumentItem
                key={document.id}
                document={document}
                actions={
                  <button type="button" className="button button-quiet" onClick={() => void detach(document)}>
                    Detach <span className="unseen">{document.name}</span>
                  </button>
                }
              />
            ))}
          </ul>
        ) : (
          <p className="empty">None is attached yet.</p>
        )
      ) : documents.error ? (
        <LoadFailure error={documents.error} retry={documents.refetch} />
      ) : (
        <Loading label="Loading the résumés for this posting…" />
      )}
      <ShowMore
        of="the résumés for this posting"
        more={documents.hasNextPage}
        pending={documents.isFetchingNextPage}
        failure={documents.isFetchNextPageError ? documents.error : null}
        load={documents.fetchNextPage}
      />
      <div className="side-by-side">
        <AttachForm postingId={postingId} />
        <UploadForm label="Upload a file for this posting" postingId={postingId} />
      </div>
    </Section>
  );
}
