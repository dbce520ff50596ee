import { ConfirmedAction } from "../../components/ConfirmedAction";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Page } from "../../components/Page";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { useFocusNext } from "../../components/useFocusNext";
import { PostingLink } from "../postings/PostingLink";
import { useDocuments, useRemoveDocument } from "./api";
import { DocumentItem } from "./DocumentItem";
import { UploadForm } from "./UploadForm";

const headingId = "documents";

/** Every file that a person has stored. */
export function DocumentsPage() {
  const documents = useDocuments();
  const remove = useRemoveDocument();
  const focusNext = useFocusNext();

  return (
    <Page title="Résumés" intro="Every résumé you send, and the letters that go with it.">
      <UploadForm label="Upload a file" />
      <Section
        title={documents.data ? `Your files (${String(documents.data.total)})` : "Your files"}
        headingId={headingId}
      >
        {documents.data ? (
          documents.data.items.length > 0 ? (
            <ul className="entries">
              {documents.data.items.map((document) => (
                <DocumentItem
                  key={document.id}
                  document={document}
                  about={
                    document.job_posting_id !== null && (
                      <>
                        For <PostingLink id={document.job_posting_id} />
                      </>
                    )
                  }
                  actions={
                    <ConfirmedAction
                      label="Delete"
                      of={document.name}
                      question={`Delete ${document.name} (version ${String(document.version)}) for good?`}
                      confirmLabel="Delete"
                      action={async () => {
                        await remove.mutateAsync(document);
                        focusNext(headingId);
                      }}
                    />
                  }
                />
              ))}
            </ul>
          ) : (
            <p className="empty">Nothing is stored yet.</p>
          )
        ) : documents.error ? (
          <LoadFailure error={documents.error} retry={documents.refetch} />
        ) : (
          <Loading label="Loading your files…" />
        )}
        <ShowMore
          of="your files"
          more={documents.hasNextPage}
          pending={documents.isFetchingNextPage}
          failure={documents.isFetchNextPageError ? documents.error : null}
          load={documents.fetchNextPage}
        />
      </Section>
    </Page>
  );
}
