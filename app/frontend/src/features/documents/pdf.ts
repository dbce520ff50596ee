import {
  getDocument,
  PDFWorker,
  VerbosityLevel,
  version,
  type PDFDocumentProxy,
  type PDFPageProxy,
} from "pdfjs-dist";
import PdfWorker from "pdfjs-dist/build/pdf.worker.mjs?worker";

/** What the preview needs of a PDF. */
export interface Pdf {
  pages: number;
  page: (number: number) => Promise<PdfPage>;
}

export interface PdfPage {
  /** Draws it as wide as the canvas stands on the page. */
  draw: (canvas: HTMLCanvasElement, stop: AbortSignal) => Promise<void>;
}

/** More dots a pixel cost memory on phones, and nobody sees them. */
const mostDotsPerPixel = 2;

/** Opens a file with pdf.js, which reads it in a worker of its own and runs no script that is in it. */
export function openPdf(content: Blob): { pdf: Promise<Pdf>; close: () => void } {
  const port = new PdfWorker();
  const worker = PDFWorker.create({ port });
  const opening = content.arrayBuffer().then((data) =>
    getDocument({
      data,
      worker,
      verbosity: VerbosityLevel.ERRORS,
      // The content security policy admits no WebAssembly; the scripts that do the same come from vite.config.ts.
      useWasm: false,
      wasmUrl: import.meta.env.DEV ? "/node_modules/pdfjs-dist/wasm/" : `/assets/pdfjs-${version}/`,
      useWorkerFetch: false,
      BinaryDataFactory: BundledData,
    }),
  );
  return {
    pdf: opening.then((task) => task.promise).then(withPages),
    close: () => {
      void opening
        .then((task) => task.destroy())
        .finally(() => {
          port.terminate();
        });
    },
  };
}

function withPages(opened: PDFDocumentProxy): Pdf {
  return {
    pages: opened.numPages,
    page: async (number) => {
      const page = await opened.getPage(number);
      return { draw: (canvas, stop) => draw(page, canvas, stop) };
    },
  };
}

async function draw(page: PDFPageProxy, canvas: HTMLCanvasElement, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  const width = canvas.clientWidth * Math.min(window.devicePixelRatio, mostDotsPerPixel);
  const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  const task = page.render({ canvas, viewport });
  stop.addEventListener("abort", () => {
    task.cancel();
  });
  await task.promise;
}

/** Fonts and character maps that a PDF may count on without having them; each is a file of its own. */
const bundled = import.meta.glob<string>(
  ["/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}", "/node_modules/pdfjs-dist/cmaps/*.bcmap"],
  { query: "?url", import: "default", eager: true },
);
const addresses = new Map(
  Object.entries(bundled).map(([path, address]) => [path.replace(/.*\//, ""), address]),
);

/** Where pdf.js gets such a file from, in the form that it wants. */
class BundledData {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const address = addresses.get(filename);
    if (!address) throw new Error(`pdf.js has no file ${filename}`);
    const response = await fetch(address);
    return new Uint8Array(await response.arrayBuffer());
  }
}
