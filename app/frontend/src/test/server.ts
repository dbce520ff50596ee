import { vi } from "vitest";

/** A backend for one test: answers by "METHOD /path", and remembers what it was sent. */
export function serve(answers: Record<string, () => Response>) {
  const received: { route: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (path: string, { method, body }: RequestInit) => {
    const route = `${method ?? "GET"} ${path.replace("/api/v1", "")}`;
    received.push({ route, body: typeof body === "string" ? JSON.parse(body) : undefined });
    const respond = answers[route];
    return respond
      ? Promise.resolve(respond())
      : Promise.reject(new TypeError(`The test has no answer to ${route}`));
  });
  return received;
}

export function json(body: object, status = 200): Response {
  return Response.json(body, { status });
}

export function problem(status: number, type: string, detail: string, errors?: object[]): Response {
  const body = { type: `urn:jobfolio:problem:${type}`, title: "Refused", status, detail, errors };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}
