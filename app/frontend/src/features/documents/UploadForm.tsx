import { useId, useRef, useState, type SubmitEvent } from "react";
import { GoodNotice } from "../../components/Notice";
import { ApiError } from "../../lib/api/problem";
import { formatSize } from "../../lib/format";
import type { Document } from "../../lib/api/types";
import { useUpload } from "./api";
import { acceptedFiles, largestFile } from "./fileTypes";

interface UploadFormProps {
  label: string;
  /** The posting that the file is for. */
  postingId?: number;
}

/** Sends a file, shows how far it has come, and says what became of it. */
export function UploadForm({ label, postingId }: UploadFormProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const stop = useRef<AbortController>(null);
  const upload = useUpload();
  const [refusal, setRefusal] = useState("");
  const [sent, setSent] = useState(0);

  async function send(file: File | undefined) {
    if (upload.isPending) return;
    upload.reset();
    const wrong = objection(file);
    setRefusal(wrong);
    if (!file || wrong) {
      input.current?.focus();
      return;
    }
    stop.current = new AbortController();
    setSent(0);
    try {
      await upload.mutateAsync({ file, postingId, onProgress: setSent, signal: stop.current.signal });
      if (input.current) input.current.value = "";
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    input.current?.focus();
  }

  return (
    <form
      className="upload"
      noValidate
      onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        void send(input.current?.files?.[0]);
      }}
    >
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <div className="upload-row">
          <input
            id={id}
            ref={input}
            type="file"
            accept={acceptedFiles}
            aria-invalid={refusal !== ""}
            aria-describedby={`${id}-about`}
            onChange={() => {
              setRefusal("");
            }}
          />
          <button type="submit" className="button" aria-disabled={upload.isPending}>
            {upload.isPending ? "Uploading…" : "Upload"}
          </button>
        </div>
        <p
          id={`${id}-about`}
          className={refusal ? "field-error" : "field-hint"}
          role={refusal ? "alert" : undefined}
        >
          {refusal || `PDF, Word, OpenDocument or plain text, up to ${formatSize(largestFile)}.`}
        </p>
      </div>
      {upload.isPending && (
        <div className="upload-row">
          <label className="upload-progress">
            <span>
              {sent < 1 ? "Uploading" : "Storing"} {upload.variables.file.name}
            </span>
            <progress value={sent} />
          </label>
          <button
            type="button"
            className="button button-quiet"
            onClick={() => {
              stop.current?.abort();
            }}
          >
            Stop
          </button>
        </div>
      )}
      {upload.data && <GoodNotice>{outcome(upload.data, postingId)}</GoodNotice>}
    </form>
  );
}

/** What can be told before anything is sent. */
function objection(file: File | undefined): string {
  if (!file) return "Choose a file first.";
  if (file.size === 0) return "This file is empty.";
  if (file.size <= largestFile) return "";
  return `This file has more than ${formatSize(largestFile)}, which is the most that can be stored.`;
}

/** One sentence; where the backend names the query parameter that it refused, that is the better one. */
function refusalOf(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  return Object.values(error.fields)[0] ?? error.message;
}

function outcome({ document, isNew }: { document: Document; isNew: boolean }, postingId?: number): string {
  const { name, version, job_posting_id } = document;
  if (isNew) return version > 1 ? `${name} is stored as version ${String(version)}.` : `${name} is stored.`;
  const known = `You have this file already, as ${name} (version ${String(version)}).`;
  return postingId === undefined || job_posting_id === postingId
    ? known
    : `${known} It is tailored to another posting; attach it below to move it here.`;
}
