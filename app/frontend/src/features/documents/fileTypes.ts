import type { DocumentType } from "../../lib/api/types";

export const typeNames: Readonly<Record<DocumentType, string>> = {
  "application/pdf": "PDF",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
  "application/vnd.oasis.opendocument.text": "OpenDocument text",
  "text/plain": "Plain text",
};

/** What the browser's file dialogue offers; the backend looks into the file itself. */
export const acceptedFiles = ".pdf,.docx,.odt,.txt,.md";

export const largestFile = 10 * 1024 * 1024;
