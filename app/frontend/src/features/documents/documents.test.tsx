import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { document as stored, posting, user } from "../../test/examples";
import { open } from "../../test/open";
import { json, list, noContent, problem, serve, serveUploads } from "../../test/server";

const page = "GET /documents?page=1&per_page=20";
const signedIn = { "GET /auth/me": () => json(user) };
const file = new File(["%PDF-1.7"], "CV & letter.pdf", { type: "application/pdf" });

async function openUpload(chosen: File) {
  const hands = open("/documents");
  await hands.upload(await screen.findByLabelText("Upload a file"), chosen);
  await hands.click(screen.getByRole("button", { name: "Upload" }));
  return hands;
}

function firstOf<Item>(items: Item[]): Item {
  const [first] = items;
  if (!first) throw new Error("Nothing was uploaded.");
  return first;
}

it("lists every file with its version, type, size, day and posting", async () => {
  serve({
    ...signedIn,
    [page]: () => list({ ...stored, job_posting_id: 3 }),
    "GET /postings/3": () => json(posting),
  });
  open("/documents");
  await screen.findByRole("heading", { name: "cv.txt" });
  screen.getByText("Version 1");
  screen.getByText("Plain text · 2 KiB · Jan 31, 2026");
  const link = await screen.findByRole("link", { name: "Engineer, Science Museum" });
  expect(link.getAttribute("href")).toBe("/postings/3");
  const download = screen.getByRole("link", { name: "Download cv.txt" });
  expect(download.getAttribute("href")).toBe("/api/v1/documents/9/content");
});

it("sends a file as it is, shows how far it has come, and lists it", async () => {
  let documents: object[] = [];
  serve({ ...signedIn, [page]: () => list(...documents) });
  const uploads = serveUploads();
  await openUpload(file);
  const upload = firstOf(uploads);
  expect(upload.route).toBe("POST /documents?name=CV+%26+letter.pdf");
  expect(upload.content).toBe(file);

  const progress = screen.getByLabelText<HTMLProgressElement>("Uploading CV & letter.pdf");
  upload.comesTo(2, 8);
  expect(progress.value).toBe(0.25);
  upload.comesTo(8, 8);
  screen.getByLabelText("Storing CV & letter.pdf");

  documents = [{ ...stored, name: file.name }];
  await upload.isAnswered(json({ ...stored, name: file.name }, 201));
  await screen.findByText("CV & letter.pdf is stored.");
  screen.getByRole("heading", { name: file.name });
  expect(document.activeElement).toBe(screen.getByLabelText("Upload a file"));
});

it("says under which name a file is there already", async () => {
  serve({ ...signedIn, [page]: () => list(stored) });
  const uploads = serveUploads();
  await openUpload(file);
  await firstOf(uploads).isAnswered(json(stored, 200));
  await screen.findByText("You have this file already, as cv.txt (version 1).");
});

it("refuses a file of more than 10 MiB without sending any of it", async () => {
  serve({ ...signedIn, [page]: () => list() });
  const uploads = serveUploads();
  await openUpload(new File([new Uint8Array(10 * 1024 * 1024 + 1)], "scan.pdf"));
  await screen.findByText("This file has more than 10 MiB, which is the most that can be stored.");
  expect(uploads).toEqual([]);
});

it("says what the backend refuses, in its words", async () => {
  serve({ ...signedIn, [page]: () => list() });
  const uploads = serveUploads();
  const hands = await openUpload(file);
  await firstOf(uploads).isAnswered(problem(415, "file-type", "This is no PDF, DOCX, ODT or plain text."));
  await screen.findByText("This is no PDF, DOCX, ODT or plain text.");

  await hands.click(screen.getByRole("button", { name: "Upload" }));
  const errors = [{ pointer: "#/name", detail: "A name may not hold any of those." }];
  await uploads[1]?.isAnswered(problem(422, "validation", "Some fields need another look.", errors));
  await screen.findByText("A name may not hold any of those.");
});

it("can be stopped in the middle, and says so when the line breaks", async () => {
  serve({ ...signedIn, [page]: () => list() });
  const uploads = serveUploads();
  const hands = await openUpload(file);
  await hands.click(screen.getByRole("button", { name: "Stop" }));
  await screen.findByText("The upload was stopped.");

  await hands.click(screen.getByRole("button", { name: "Upload" }));
  uploads[1]?.breaksOff();
  await screen.findByText(/cannot be reached/);
});

it("shows plain text in the page", async () => {
  serve({
    ...signedIn,
    [page]: () => list(stored),
    "GET /documents/9/content": () => new Response("Dear Sir or Madam"),
  });
  const hands = open("/documents");
  await hands.click(await screen.findByRole("button", { name: "Preview of cv.txt" }));
  await screen.findByText("Dear Sir or Madam");
  await hands.click(screen.getByRole("button", { name: "Close preview of cv.txt" }));
  expect(screen.queryByText("Dear Sir or Madam")).toBeNull();
});

it("offers no preview of what the browser cannot show", async () => {
  serve({
    ...signedIn,
    [page]: () => list({ ...stored, content_type: "application/vnd.oasis.opendocument.text" }),
  });
  open("/documents");
  await screen.findByText(/^OpenDocument text/);
  expect(screen.queryByRole("button", { name: /Preview/ })).toBeNull();
});

it("asks before it deletes a file, and goes on at the list", async () => {
  let documents: object[] = [stored];
  const received = serve({
    ...signedIn,
    [page]: () => list(...documents),
    "DELETE /documents/9": () => {
      documents = [];
      return noContent();
    },
  });
  const hands = open("/documents");
  await hands.click(await screen.findByRole("button", { name: "Delete cv.txt" }));
  await hands.click(within(screen.getByRole("group")).getByRole("button", { name: "Delete" }));
  await screen.findByText("Nothing is stored yet.");
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Your files (0)" }));
  expect(received).toContainEqual(expect.objectContaining({ route: "DELETE /documents/9", ifMatch: '"1"' }));
});

it("attaches a file to a posting, and detaches it again", async () => {
  let attached = false;
  const point = (postingId: number | null) => () => {
    attached = postingId !== null;
    return json({ ...stored, job_posting_id: postingId });
  };
  const answers: Record<string, () => Response> = {
    ...signedIn,
    "GET /postings/3": () => json(posting),
    "GET /documents?job_posting_id=3&page=1&per_page=20": () =>
      list(...(attached ? [{ ...stored, job_posting_id: 3, etag: '"2"' }] : [])),
    "GET /documents?per_page=100": () => list({ ...stored, job_posting_id: attached ? 3 : null }),
    "PUT /documents/9": point(3),
  };
  const received = serve(answers);
  const hands = open("/postings/3");
  await hands.selectOptions(await screen.findByLabelText("Attach one of your files"), "cv.txt, version 1");
  await hands.click(screen.getByRole("button", { name: "Attach" }));
  const detach = await screen.findByRole("button", { name: "Detach cv.txt" });
  expect(received).toContainEqual({
    route: "PUT /documents/9",
    body: { job_posting_id: 3 },
    ifMatch: '"1"',
  });

  answers["PUT /documents/9"] = point(null);
  await hands.click(detach);
  await screen.findByText("None is attached yet.");
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Résumés for this posting" }));
  expect(received).toContainEqual({
    route: "PUT /documents/9",
    body: { job_posting_id: null },
    ifMatch: '"2"',
  });
});

it("uploads a file for a posting", async () => {
  serve({
    ...signedIn,
    "GET /postings/3": () => json(posting),
    "GET /documents?job_posting_id=3&page=1&per_page=20": () => list(),
    "GET /documents?per_page=100": () => list(),
  });
  const uploads = serveUploads();
  const hands = open("/postings/3");
  await hands.upload(await screen.findByLabelText("Upload a file for this posting"), file);
  await hands.click(screen.getByRole("button", { name: "Upload" }));
  const upload = firstOf(uploads);
  expect(upload.route).toBe("POST /documents?name=CV+%26+letter.pdf&job_posting_id=3");
  await upload.isAnswered(json({ ...stored, job_posting_id: 4 }, 200));
  await screen.findByText(/tailored to another posting/);
});
