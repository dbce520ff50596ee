import { useId, useState, type ReactNode } from "react";
import type { Document } from "../../lib/api/types";
import { formatDate, formatSize } from "../../lib/format";
import { downloadAddress } from "./api";
import { typeNames } from "./fileTypes";
import { hasPreview, Preview } from "./Preview";

interface DocumentItemProps {
  document: Document;
  /** What it is tailored to. */
  about?: ReactNode;
  /** Beside looking at it and downloading it. */
  actions: ReactNode;
}

/** A document in a list, which can be looked at in its place. */
export function DocumentItem({ document, about, actions }: DocumentItemProps) {
  const [previewing, setPreviewing] = useState(false);
  const previewId = useId();
  const { name, version } = document;
  return (
    <li className="entry">
      <div className="entry-head">
        <h3>{name}</h3>
        <p className="entry-aside">Version {version}</p>
      </div>
      <p className="entry-place">
        {typeNames[document.content_type]} · {formatSize(document.size_bytes)} ·{" "}
        {formatDate(document.created_at)}
      </p>
      {about && <p className="entry-place">{about}</p>}
      <div className="actions">
        {hasPreview(document) && (
          <button
            type="button"
            className="button button-quiet"
            aria-expanded={previewing}
            aria-controls={previewing ? previewId : undefined}
            onClick={() => {
              setPreviewing(!previewing);
            }}
          >
            {previewing ? "Close preview" : "Preview"} <span className="unseen">of {name}</span>
          </button>
        )}
        <a className="button button-quiet" href={downloadAddress(document)} download={name}>
          Download <span className="unseen">{name}</span>
        </a>
        {actions}
      </div>
      {previewing && <Preview id={previewId} document={document} />}
    </li>
  );
}
