import type { Problem } from "./types";

/** Messages by the name of the form field that they belong to. */
export type FieldErrors = Readonly<Record<string, string>>;

export const problemTypes = {
  changedMeanwhile: "urn:jobfolio:problem:changed-meanwhile",
  emailTaken: "urn:jobfolio:problem:email-taken",
  notSignedIn: "urn:jobfolio:problem:not-signed-in",
  wrongPassword: "urn:jobfolio:problem:wrong-password",
} as const;

/** A request that failed, with a sentence that can be shown to people as it is. */
export class ApiError extends Error {
  /** HTTP status, or 0 when there was no answer at all. */
  readonly status: number;
  readonly type: string;
  readonly fields: FieldErrors;

  constructor(message: string, about: { status?: number; type?: string; fields?: FieldErrors } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = about.status ?? 0;
    this.type = about.type ?? "about:blank";
    this.fields = about.fields ?? {};
  }
}

/** The sentence for people in whatever a request rejected with. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  throw error;
}

/** Reads what a failed response says; proxies on the way may answer in another format, or with nothing. */
export async function readProblem(response: Response): Promise<ApiError> {
  const { status } = response;
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return new ApiError(sentenceFor(status), { status });
  }
  const problem = (await response.json()) as Problem;
  const fields = Object.fromEntries(
    (problem.errors ?? []).map((error) => [fieldName(error.pointer), error.detail]),
  );
  return new ApiError(problem.detail ?? problem.title, { status, type: problem.type, fields });
}

function sentenceFor(status: number): string {
  if (status >= 502 && status <= 504)
    return "Jobfolio is not available at the moment. Please try again shortly.";
  return `Something went wrong on our side (status ${String(status)}). Please try again.`;
}

/** The member that a JSON pointer (RFC 6901) in URI fragment form names: `#/full_name` → `full_name`. */
function fieldName(pointer: string): string {
  return decodeURIComponent(pointer.replace(/^#\//, "")).replaceAll("~1", "/").replaceAll("~0", "~");
}
