import { describe, expect, it, vi } from "vitest";
import { api } from "./client";

function answer(status: number, body: string | null, type = "application/json") {
  const fetch = vi.fn<typeof globalThis.fetch>(() =>
    Promise.resolve(new Response(body, { status, headers: { "Content-Type": type } })),
  );
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

describe("the API client", () => {
  it("sends JSON and gives back what was answered", async () => {
    const fetch = answer(200, '{"headline":"Analyst"}');
    await expect(api.put("/profile", { headline: "Analyst" }, '"3"')).resolves.toEqual({
      headline: "Analyst",
    });
    expect(fetch).toHaveBeenCalledWith(
      "/api/v1/profile",
      expect.objectContaining({
        method: "PUT",
        body: '{"headline":"Analyst"}',
        headers: { Accept: "application/json", "Content-Type": "application/json", "If-Match": '"3"' },
      }),
    );
  });

  it("takes an answer without content", async () => {
    answer(204, null);
    await expect(api.post("/auth/log-out", {})).resolves.toBeUndefined();
  });

  it("sorts what was refused to the members of the request", async () => {
    const problem = {
      type: "urn:jobfolio:problem:validation",
      title: "Unprocessable Content",
      status: 422,
      detail: "Some fields need another look.",
      errors: [{ pointer: "#/full_name", detail: "At most 200 characters." }],
    };
    answer(422, JSON.stringify(problem), "application/problem+json; charset=utf-8");
    await expect(api.put("/profile", {}, '"3"')).rejects.toMatchObject({
      message: "Some fields need another look.",
      status: 422,
      type: "urn:jobfolio:problem:validation",
      fields: { full_name: "At most 200 characters." },
    });
  });

  it("has a sentence for a proxy's answer in another format", async () => {
    answer(503, "<html><h1>503 Service Unavailable</h1></html>", "text/html");
    await expect(api.get("/profile")).rejects.toMatchObject({
      message: "Jobfolio is not available at the moment. Please try again shortly.",
      status: 503,
    });
  });

  it("has a sentence for no answer at all", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(api.get("/profile")).rejects.toMatchObject({
      message: "Jobfolio cannot be reached. Check your connection and try again.",
      status: 0,
    });
  });

  it("has a sentence for an answer that does not come in time", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("signal timed out", "TimeoutError")));
    await expect(api.get("/profile")).rejects.toMatchObject({
      message: "Jobfolio takes too long to answer. Please try again.",
    });
  });

  it("takes for removed what is gone already", async () => {
    const missing = { type: "urn:jobfolio:problem:not-found", title: "Not Found", status: 404 };
    const fetch = answer(404, JSON.stringify(missing), "application/problem+json");
    await expect(api.delete("/work/7", '"1"')).resolves.toBeUndefined();
    expect(fetch).toHaveBeenCalledWith("/api/v1/work/7", expect.objectContaining({ method: "DELETE" }));
  });

  it("gives a file as it is", async () => {
    answer(200, "Dear Sir or Madam", "text/plain");
    const file = await api.file("/documents/9/content");
    expect(await file.text()).toBe("Dear Sir or Madam");
  });
});
