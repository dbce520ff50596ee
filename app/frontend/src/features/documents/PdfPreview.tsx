import { useEffect, useRef, useState } from "react";
import { Loading } from "../../components/Loading";
import { Notice } from "../../components/Notice";
import { openPdf, type Pdf, type PdfPage } from "./pdf";
import type { PreviewProps } from "./Preview";

const mostPages = 10;

/** The first pages of a PDF, drawn one below the other: phones show no PDF in a frame. */
export default function PdfPreview({ content, name }: PreviewProps) {
  const [pdf, setPdf] = useState<Pdf>();
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let current = true;
    const { pdf, close } = openPdf(content);
    pdf.then(
      (opened) => {
        if (current) setPdf(opened);
      },
      () => {
        if (current) setFailed(true);
      },
    );
    return () => {
      current = false;
      close();
    };
  }, [content]);

  if (failed) return <Notice>{name} cannot be shown here. Download it to open it.</Notice>;
  if (!pdf) return <Loading label={`Opening ${name}…`} />;
  const shown = Math.min(pdf.pages, mostPages);
  return (
    <>
      <p className="field-hint">
        {pdf.pages === 1 ? "1 page" : `${String(pdf.pages)} pages`}
        {shown < pdf.pages && `, of which the first ${String(shown)} are shown`}
      </p>
      {Array.from({ length: shown }, (_, index) => (
        <PageCanvas
          key={index}
          label={`Page ${String(index + 1)} of ${String(pdf.pages)}`}
          load={pdf.page}
          number={index + 1}
        />
      ))}
    </>
  );
}

interface PageCanvasProps {
  label: string;
  load: (number: number) => Promise<PdfPage>;
  number: number;
}

function PageCanvas({ label, load, number }: PageCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<"drawing" | "drawn" | "failed">("drawing");

  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    const stopped = new AbortController();
    const unlessStopped = (next: "drawn" | "failed") => () => {
      if (!stopped.signal.aborted) setState(next);
    };
    load(number)
      .then((page) => page.draw(target, stopped.signal))
      .then(unlessStopped("drawn"), unlessStopped("failed"));
    return () => {
      stopped.abort();
    };
  }, [load, number]);

  return (
    <>
      <div role="img" aria-label={label} aria-busy={state === "drawing"}>
        <canvas ref={canvas} className="preview-page" />
      </div>
      {state === "failed" && <Notice>{label} cannot be shown.</Notice>}
    </>
  );
}
