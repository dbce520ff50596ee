import { act } from "@testing-library/react";
import { vi } from "vitest";

interface Received {
  route: string;
  body: unknown;
  ifMatch?: string | undefined;
}

/** A backend for one test: answers by "METHOD /path", and remembers what it was sent. */
export function serve(answers: Record<string, () => Response | Promise<Response>>) {
  const received: Received[] = [];
  vi.stubGlobal("fetch", (path: string, { method, body, headers }: RequestInit) => {
    const route = `${method ?? "GET"} ${path.replace("/api/v1", "")}`;
    const ifMatch = new Headers(headers).get("If-Match");
    received.push({
      route,
      body: typeof body === "string" ? JSON.parse(body) : undefined,
      ...(ifMatch && { ifMatch }),
    });
    const respond = answers[route];
    return respond
      ? Promise.resolve(respond())
      : Promise.reject(new TypeError(`The test has no answer to ${route}`));
  });
  return received;
}

/** The uploads of one test, whose progress and answer the test decides. */
export function serveUploads() {
  const uploads: Upload[] = [];

  class Upload {
    readonly upload = new EventTarget();
    readonly listeners = new EventTarget();
    route = "";
    content: unknown;
    status = 0;
    responseText = "";
    type = "";

    open(method: string, path: string) {
      this.route = `${method} ${path.replace("/api/v1", "")}`;
    }
    setRequestHeader() {
      // What it says is the same for every upload.
    }
    addEventListener(name: string, listener: EventListener) {
      this.listeners.addEventListener(name, listener);
    }
    getResponseHeader() {
      return this.type;
    }
    send(content: unknown) {
      this.content = content;
      uploads.push(this);
    }
    abort() {
      act(() => {
        this.listeners.dispatchEvent(new Event("abort"));
      });
    }

    comesTo(loaded: number, total: number) {
      act(() => {
        this.upload.dispatchEvent(new ProgressEvent("progress", { loaded, total }));
      });
    }
    async isAnswered(response: Response) {
      this.status = response.status;
      this.type = response.headers.get("Content-Type") ?? "";
      this.responseText = await response.text();
      act(() => {
        this.listeners.dispatchEvent(new Event("load"));
      });
    }
    breaksOff() {
      act(() => {
        this.listeners.dispatchEvent(new Event("error"));
      });
    }
  }

  vi.stubGlobal("XMLHttpRequest", Upload);
  return uploads;
}

export function json(body: object, status = 200): Response {
  return Response.json(body, { status });
}

/** A list that is all there at once. */
export function list(...items: object[]): Response {
  return json({ page: 1, per_page: 100, total: items.length, items });
}

export const noContent = () => new Response(null, { status: 204 });

export function problem(status: number, type: string, detail: string, errors?: object[]): Response {
  const body = { type: `urn:jobfolio:problem:${type}`, title: "Refused", status, detail, errors };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

export const changedMeanwhile = () =>
  problem(412, "changed-meanwhile", "This was changed since you opened it.");
