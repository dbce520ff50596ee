import { ApiError, readProblem } from "./problem";

const root = "/api/v1";
const timeoutMilliseconds = 15_000;
/** A file may have 10 MiB, and a line may be slow. */
const fileTimeoutMilliseconds = 180_000;

interface Sending {
  body?: object;
  /** The state that the change starts from: the backend refuses it where that is no longer so. */
  etag?: string;
  timeout?: number;
}

/** Sends a request. Rejects with {@link ApiError}, whatever went wrong. */
async function request(method: string, path: string, sending: Sending = {}): Promise<Response> {
  const response = await send(method, path, sending);
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function send(method: string, path: string, { body, etag, timeout }: Sending): Promise<Response> {
  try {
    return await fetch(root + path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body && { "Content-Type": "application/json" }),
        ...(etag && { "If-Match": etag }),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(timeout ?? timeoutMilliseconds),
    });
  } catch (cause) {
    const late = cause instanceof DOMException && cause.name === "TimeoutError";
    throw late ? new ApiError("Jobfolio takes too long to answer. Please try again.") : unreachable();
  }
}

async function json(response: Promise<Response>): Promise<unknown> {
  const answered = await response;
  return answered.status === 204 ? undefined : answered.json();
}

async function remove(path: string, etag: string): Promise<void> {
  try {
    await request("DELETE", path, { etag });
  } catch (error) {
    // Gone already is as good as removed.
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

async function file(path: string): Promise<Blob> {
  const response = await request("GET", path, { timeout: fileTimeoutMilliseconds });
  try {
    return await response.blob();
  } catch {
    throw unreachable();
  }
}

export interface Uploading {
  /** Hears how much of the file has left, from 0 to 1. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** Sends a file as it is, for as long as it takes. fetch() does not tell how far it has come, XMLHttpRequest does. */
function upload(path: string, content: Blob, { onProgress, signal }: Uploading): Promise<Response> {
  return new Promise<XMLHttpRequest>((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", root + path);
    sending.setRequestHeader("Accept", "application/json");
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.upload.addEventListener("progress", ({ loaded, total }) => {
      onProgress(total ? loaded / total : 0);
    });
    sending.addEventListener("load", () => {
      resolve(sending);
    });
    sending.addEventListener("error", () => {
      reject(unreachable());
    });
    sending.addEventListener("abort", () => {
      reject(new ApiError("The upload was stopped."));
    });
    signal.addEventListener("abort", () => {
      sending.abort();
    });
    sending.send(content);
  }).then(async (sent) => {
    const response = new Response(sent.responseText, {
      status: sent.status,
      headers: { "Content-Type": sent.getResponseHeader("Content-Type") ?? "" },
    });
    if (!response.ok) throw await readProblem(response);
    return response;
  });
}

function unreachable(): ApiError {
  return new ApiError("Jobfolio cannot be reached. Check your connection and try again.");
}

/** The only place that talks to the backend. */
export const api = {
  get: (path: string) => json(request("GET", path)),
  post: (path: string, body: object) => json(request("POST", path, { body })),
  put: (path: string, body: object, etag: string) => json(request("PUT", path, { body, etag })),
  delete: remove,
  file,
  upload,
  /** Where a file is, for a link that downloads it. */
  address: (path: string) => root + path,
};
