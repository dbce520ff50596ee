import { lazy, Suspense, type ComponentType } from "react";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import type { Document, DocumentType } from "../../lib/api/types";
import { useContent } from "./api";
import { TextPreview } from "./TextPreview";

/** What every preview is given. */
export interface PreviewProps {
  content: Blob;
  name: string;
}

const previews: Partial<Record<DocumentType, ComponentType<PreviewProps>>> = {
  // Heavier than the rest of Jobfolio together, so loaded by those alone who look at a PDF.
  "application/pdf": lazy(() => import("./PdfPreview")),
  "text/plain": TextPreview,
};

export function hasPreview({ content_type }: Document): boolean {
  return content_type in previews;
}

export function Preview({ id, document }: { id: string; document: Document }) {
  const content = useContent(document.id);
  const Kind = previews[document.content_type];
  const loading = <Loading label={`Loading ${document.name}…`} />;
  return (
    <section className="preview" id={id} aria-label={`Preview of ${document.name}`}>
      {content.error ? (
        <LoadFailure error={content.error} retry={content.refetch} />
      ) : content.data && Kind ? (
        <Suspense fallback={loading}>
          <Kind content={content.data} name={document.name} />
        </Suspense>
      ) : (
        loading
      )}
    </section>
  );
}
