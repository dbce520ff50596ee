import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { PostingStatus } from "../../lib/api/types";
import { posting, user } from "../../test/examples";
import { open } from "../../test/open";
import { changedMeanwhile, json, list, noContent, problem, serve } from "../../test/server";
import { statuses } from "./statuses";

const column = (status: string, page = 1, search = "") =>
  `GET /postings?status=${status}${search && `&search=${search}`}&page=${String(page)}&per_page=20`;

/** A board that shows what is stored in `postings`. */
function serveBoard(postings: () => (typeof posting)[], answers: Record<string, () => Response> = {}) {
  const columns = statuses.map((status) => [
    column(status),
    () => list(...postings().filter((stored) => stored.status === status)),
  ]);
  return serve({
    "GET /auth/me": () => json(user),
    ...(Object.fromEntries(columns) as Record<string, () => Response>),
    ...answers,
  });
}

const attachments = {
  "GET /documents?job_posting_id=3&page=1&per_page=20": () => list(),
  "GET /documents?per_page=100": () => list(),
};

async function findColumn(name: string) {
  return within(await screen.findByRole("region", { name }));
}

it("shows every posting in the column of its status, with how many there are", async () => {
  serveBoard(() => [posting, { ...posting, id: 4, title: "Translator", status: "offered" }]);
  open("/postings");
  const saved = await findColumn("Saved 1");
  saved.getByRole("link", { name: "Engineer" });
  saved.getByText("Science Museum");
  saved.getByText("London");
  saved.getByText("Closes Mar 31, 2027");
  (await findColumn("Offered 1")).getByRole("link", { name: "Translator" });
  (await findColumn("Rejected 0")).getByText("None");
});

it("moves a posting to another column, and goes on at it there", async () => {
  let stored = posting;
  const received = serveBoard(() => [stored], {
    "PUT /postings/3/status": () => {
      stored = { ...posting, status: "applied", etag: '"2"' };
      return json(stored);
    },
  });
  const hands = open("/postings");
  await hands.selectOptions(await screen.findByLabelText("Move “Engineer” to…"), "Applied");
  const applied = await findColumn("Applied 1");
  await findColumn("Saved 0");
  expect(document.activeElement).toBe(applied.getByRole("link", { name: "Engineer" }));
  screen.getByText("“Engineer” is moved to Applied.");
  expect(received).toContainEqual({
    route: "PUT /postings/3/status",
    body: { status: "applied", applied_on: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string },
    ifMatch: '"1"',
  });
});

it("leaves a posting where another window moved it, and says so", async () => {
  let status: PostingStatus = "saved";
  serveBoard(() => [{ ...posting, status }], {
    "PUT /postings/3/status": () => {
      status = "rejected";
      return changedMeanwhile();
    },
  });
  const hands = open("/postings");
  await hands.selectOptions(await screen.findByLabelText("Move “Engineer” to…"), "Applied");
  (await findColumn("Rejected 1")).getByRole("link", { name: "Engineer" });
  expect(screen.getByRole("alert").textContent).toMatch(/changed since you opened it/);
});

it("searches all columns once the typing pauses", async () => {
  const searched = Object.fromEntries(
    statuses.map((status) => [
      column(status, 1, "crank"),
      () => list(...(status === "saved" ? [posting] : [])),
    ]),
  );
  const received = serveBoard(() => [posting, { ...posting, id: 4, title: "Translator" }], searched);
  const hands = open("/postings");
  await screen.findByRole("link", { name: "Translator" });
  await hands.type(screen.getByLabelText("Search all postings"), "crank");
  await waitFor(() => {
    expect(screen.queryByRole("link", { name: "Translator" })).toBeNull();
  });
  screen.getByRole("link", { name: "Engineer" });
  expect(received.filter(({ route }) => route.includes("search=")).map(({ route }) => route)).toEqual(
    statuses.map((status) => column(status, 1, "crank")),
  );
});

it("shows the search that the address names, as after the way back from a posting", async () => {
  const searched = Object.fromEntries(statuses.map((status) => [column(status, 1, "crank"), () => list()]));
  serveBoard(() => [posting], searched);
  const hands = open("/postings?search=crank");
  const search = await screen.findByLabelText<HTMLInputElement>("Search all postings");
  expect(search.value).toBe("crank");
  await hands.click(screen.getByRole("link", { name: "Postings" }));
  expect(search.value).toBe("");
  await screen.findByRole("link", { name: "Engineer" });
});

it("loads a long column twenty at a time, and shows once what came twice", async () => {
  const stored = Array.from({ length: 25 }, (_, index) => ({
    ...posting,
    id: index + 1,
    title: `Job ${String(index + 1)}`,
  }));
  const part = (page: number, items: object[]) => () => json({ page, per_page: 20, total: 25, items });
  serveBoard(() => [], {
    [column("saved")]: part(1, stored.slice(0, 20)),
    [column("saved", 2)]: part(2, stored.slice(19)),
  });
  const hands = open("/postings");
  const saved = await findColumn("Saved 25");
  expect(saved.getAllByRole("link")).toHaveLength(20);
  await hands.click(saved.getByRole("button", { name: "Show more of Saved" }));
  await saved.findByRole("link", { name: "Job 25" });
  expect(saved.getAllByRole("link")).toHaveLength(25);
  expect(saved.queryByRole("button", { name: /Show more/ })).toBeNull();
});

it("adds a posting and opens it", async () => {
  const received = serve({
    "GET /auth/me": () => json(user),
    ...attachments,
    "POST /postings": () => json(posting, 201),
    "GET /postings/3": () => json(posting),
  });
  const hands = open("/postings/new");
  const title = await screen.findByLabelText("Title");
  expect(document.activeElement).toBe(title);
  await hands.type(title, "Engineer");
  await hands.type(screen.getByLabelText("Company"), "Science Museum");
  await hands.type(screen.getByLabelText("Closes on"), "2027-03-31");
  await hands.click(screen.getByRole("button", { name: "Save posting" }));

  await screen.findByRole("heading", { name: "Engineer", level: 1 });
  expect(received).toContainEqual({
    route: "POST /postings",
    body: {
      title: "Engineer",
      company: "Science Museum",
      location: "",
      link: "",
      status: "saved",
      posted_on: null,
      closes_on: "2027-03-31",
      applied_on: null,
      description: "",
    },
  });
});

it("keeps what was typed into a posting that another window changed", async () => {
  let stored = posting;
  serve({
    "GET /auth/me": () => json(user),
    ...attachments,
    "GET /postings/3": () => json(stored),
    "PUT /postings/3": changedMeanwhile,
  });
  const hands = open("/postings/3");
  await hands.type(await screen.findByLabelText("Title"), " of engines");
  await hands.click(screen.getByRole("button", { name: "Save posting" }));
  await screen.findByRole("alert");
  screen.getByDisplayValue("Engineer of engines");

  stored = { ...posting, title: "Curator", etag: '"2"' };
  await hands.click(screen.getByRole("button", { name: "Load the saved state" }));
  await screen.findByDisplayValue("Curator");
});

it("asks before it removes a posting, and leads back to the board", async () => {
  const received = serveBoard(() => [], {
    ...attachments,
    "GET /postings/3": () => json(posting),
    "DELETE /postings/3": noContent,
  });
  const hands = open("/postings/3");
  await hands.click(await screen.findByRole("button", { name: "Remove Engineer" }));
  await hands.click(screen.getByRole("button", { name: "Remove" }));
  await screen.findByText("“Engineer” is removed.");
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Postings", level: 1 }));
  expect(received).toContainEqual(expect.objectContaining({ route: "DELETE /postings/3", ifMatch: '"1"' }));
});

it("says that there is no posting of that number", async () => {
  serve({
    "GET /auth/me": () => json(user),
    "GET /postings/3": () => problem(404, "not-found", "There is no such thing, or it is not yours."),
  });
  open("/postings/3");
  await screen.findByRole("heading", { name: "There is no such posting" });
});
