import { ApiError, readProblem } from "./problem";

const timeoutMilliseconds = 15_000;

type Method = "GET" | "POST" | "PUT";

/** The only place that talks to the backend. Rejects with {@link ApiError}, whatever went wrong. */
async function request(method: Method, path: string, body?: object): Promise<unknown> {
  const response = await send(method, path, body);
  if (!response.ok) throw await readProblem(response);
  return response.status === 204 ? undefined : response.json();
}

async function send(method: Method, path: string, body?: object): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
  } catch (cause) {
    const late = cause instanceof DOMException && cause.name === "TimeoutError";
    throw new ApiError(
      late
        ? "Jobfolio takes too long to answer. Please try again."
        : "Jobfolio cannot be reached. Check your connection and try again.",
    );
  }
}

export const api = {
  get: (path: string) => request("GET", path),
  post: (path: string, body: object) => request("POST", path, body),
  put: (path: string, body: object) => request("PUT", path, body),
};
