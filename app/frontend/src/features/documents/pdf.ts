import { getDocument, GlobalWorkerOptions, VerbosityLevel, type PDFPageProxy } from "pdfjs-dist";
import PdfWorker from "pdfjs-dist/build/pdf.worker.mjs?worker";

/** What the preview needs of a PDF. */
export interface Pdf {
  pages: number;
  page: (number: number) => Promise<PdfPage>;
}

export interface PdfPage {
  /** Draws it as wide as the canvas stands on the page. */
  draw: (canvas: HTMLCanvasElement) => { done: Promise<void>; stop: () => void };
}

/** More dots a pixel cost memory on phones, and nobody sees them. */
const mostDotsPerPixel = 2;

/** Opens a file with pdf.js, which parses it in a worker and runs no script of it. */
export function openPdf(content: Blob): { pdf: Promise<Pdf>; close: () => void } {
  GlobalWorkerOptions.workerPort ??= new PdfWorker();
  const opening = content.arrayBuffer().then((data) =>
    getDocument({
      data,
      verbosity: VerbosityLevel.ERRORS,
      // The content security policy admits no WebAssembly; the script that does the same is slower.
      useWasm: false,
      useWorkerFetch: false,
      BinaryDataFactory: BundledData,
    }),
  );
  return {
    pdf: opening
      .then((task) => task.promise)
      .then((opened) => ({
        pages: opened.numPages,
        page: async (number) => pageOf(await opened.getPage(number)),
      })),
    close: () => {
      void opening.then((task) => task.destroy());
    },
  };
}

function pageOf(page: PDFPageProxy): PdfPage {
  return {
    draw: (canvas) => {
      const width = canvas.clientWidth * Math.min(window.devicePixelRatio, mostDotsPerPixel);
      const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
      canvas.width = Math.floor(viewport.width);
      canvas.height = Math.floor(viewport.height);
      const task = page.render({ canvas, viewport });
      return {
        done: task.promise,
        stop: () => {
          task.cancel();
        },
      };
    },
  };
}

/** Fonts and character maps that a PDF may count on without having them; each is a file of its own. */
const bundled = import.meta.glob<string>(
  ["/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}", "/node_modules/pdfjs-dist/cmaps/*.bcmap"],
  { query: "?url", import: "default" },
);
const addresses = new Map(
  Object.entries(bundled).map(([path, address]) => [path.replace(/.*\//, ""), address]),
);

/** Where pdf.js gets such a file from, in the form that it wants. */
class BundledData {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const address = await addresses.get(filename)?.();
    if (!address) throw new Error(`pdf.js has no file ${filename}`);
    const response = await fetch(address);
    return new Uint8Array(await response.arrayBuffer());
  }
}
