import type { ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ConfirmedAction } from "../../components/ConfirmedAction";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Page } from "../../components/Page";
import { Section } from "../../components/Section";
import { useStartingPoint } from "../../components/useStartingPoint";
import { ApiError } from "../../lib/api/problem";
import type { Posting } from "../../lib/api/types";
import { usePosting, useReloadPosting, useRemovePosting, useSavePosting } from "./api";
import { PostingForm } from "./PostingForm";

/** One posting: its fields, what belongs to it (shown by `documents`), and its end. */
export function PostingPage({ documents }: { documents: (postingId: number) => ReactNode }) {
  const id = Number(useParams().id);
  const posting = usePosting(id);
  // Even where it is still remembered: it was removed meanwhile.
  if (posting.error instanceof ApiError && posting.error.status === 404) {
    return (
      <Page title="There is no such posting" intro="It may have been removed.">
        <p className="way-back">
          <Link to="/postings">All postings</Link>
        </p>
      </Page>
    );
  }
  if (posting.data) return <LoadedPosting key={id} posting={posting.data} documents={documents} />;
  return posting.error ? (
    <LoadFailure error={posting.error} retry={posting.refetch} />
  ) : (
    <Loading label="Loading the posting…" />
  );
}

interface LoadedPostingProps {
  posting: Posting;
  documents: (postingId: number) => ReactNode;
}

function LoadedPosting({ posting: loaded, documents }: LoadedPostingProps) {
  const { state: posting, filling, goOnFrom, fillWith } = useStartingPoint(loaded);
  const save = useSavePosting();
  const load = useReloadPosting();
  const remove = useRemovePosting();
  const navigate = useNavigate();

  return (
    <Page title={posting.title} intro={posting.company}>
      <p className="way-back">
        <Link to="/postings">All postings</Link>
        {posting.link && (
          <a href={posting.link} target="_blank" rel="noreferrer">
            Open the posting’s own page
          </a>
        )}
      </p>
      <PostingForm
        key={filling}
        posting={posting}
        save={async (values) => {
          goOnFrom(await save.mutateAsync({ values, replaced: posting }));
        }}
        reload={async () => {
          fillWith(await load(posting.id));
        }}
        savedAt={save.data?.updated_at}
      />
      {documents(posting.id)}
      <Section title="Remove this posting" intro="Résumés attached to it stay among your résumés.">
        <ConfirmedAction
          label="Remove"
          of={posting.title}
          question={`Remove “${posting.title}” for good?`}
          confirmLabel="Remove"
          action={async () => {
            // What is removed is what is stored now, which the page has loaded if somebody else changed it.
            await remove.mutateAsync(loaded);
            await navigate("/postings", { state: { removed: posting.title } });
          }}
        />
      </Section>
    </Page>
  );
}
