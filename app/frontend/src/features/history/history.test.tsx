import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { education, profile, user, work } from "../../test/examples";
import { open } from "../../test/open";
import { changedMeanwhile, json, list, noContent, problem, serve } from "../../test/server";

/** The profile page, of which each test varies one history. */
function servePage(answers: Record<string, () => Response>) {
  return serve({
    "GET /auth/me": () => json(user),
    "GET /profile": () => json(profile),
    "GET /education?page=1&per_page=100": () => list(),
    "GET /work?page=1&per_page=100": () => list(),
    ...answers,
  });
}

async function openSection(name: string) {
  const hands = open("/profile");
  return { hands, section: within(await screen.findByRole("region", { name })) };
}

it("shows each entry with its period, and that it still goes on where it has no end", async () => {
  servePage({ "GET /work?page=1&per_page=100": () => list(work) });
  const { section } = await openSection("Work history");
  await section.findByRole("heading", { name: "Analyst" });
  section.getByText("Babbage & Co. · London");
  section.getByText("Mar 2015 – now");
});

it("adds an entry, an empty end meaning none, and goes on at the button for the next", async () => {
  let stored: object[] = [];
  const received = servePage({
    "GET /education?page=1&per_page=100": () => list(...stored),
    "POST /education": () => {
      stored = [education];
      return json(education, 201);
    },
  });
  const { hands, section } = await openSection("Education");
  await section.findByText("Schools, courses and degrees go here.");
  await hands.click(section.getByRole("button", { name: "Add education" }));
  expect(document.activeElement).toBe(section.getByLabelText("School"));
  await hands.type(section.getByLabelText("School"), "University of London");
  await hands.type(section.getByLabelText("From"), "2009-10-01");
  await hands.click(section.getByRole("button", { name: "Save" }));

  await section.findByRole("heading", { name: "BSc" });
  expect(document.activeElement).toBe(section.getByRole("button", { name: "Add education" }));
  expect(received).toContainEqual({
    route: "POST /education",
    body: {
      school: "University of London",
      degree: "",
      field_of_study: "",
      start_date: "2009-10-01",
      end_date: null,
      description: "",
    },
  });
});

it("edits an entry in its place, and goes on at its button", async () => {
  let stored = work;
  const received = servePage({
    "GET /work?page=1&per_page=100": () => list(stored),
    "PUT /work/7": () => {
      stored = { ...work, title: "Chief analyst", etag: '"2"' };
      return json(stored);
    },
  });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Edit Analyst" }));
  const position = section.getByLabelText("Position");
  expect(document.activeElement).toBe(position);
  await hands.clear(position);
  await hands.type(position, "Chief analyst{Enter}");

  const edit = await section.findByRole("button", { name: "Edit Chief analyst" });
  expect(document.activeElement).toBe(edit);
  expect(received).toContainEqual(expect.objectContaining({ route: "PUT /work/7", ifMatch: '"1"' }));
});

it("closes a form that is cancelled, saves nothing and goes on where it was opened", async () => {
  const received = servePage({ "GET /work?page=1&per_page=100": () => list(work) });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Edit Analyst" }));
  await hands.type(section.getByLabelText("Position"), " no more");
  await hands.click(section.getByRole("button", { name: "Cancel" }));
  expect(document.activeElement).toBe(section.getByRole("button", { name: "Edit Analyst" }));
  expect(received.filter(({ route }) => !route.startsWith("GET"))).toEqual([]);
});

it("tells beside the end that it lies before the start", async () => {
  const errors = [{ pointer: "#/end_date", detail: "This date may not lie before the start." }];
  servePage({
    "GET /work?page=1&per_page=100": () => list(work),
    "PUT /work/7": () => problem(422, "validation", "One field needs another look.", errors),
  });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Edit Analyst" }));
  await hands.click(section.getByRole("button", { name: "Save" }));
  await section.findByText("This date may not lie before the start.");
  expect(document.activeElement).toBe(section.getByLabelText("Until"));
});

it("keeps what was typed when another window was faster, and starts anew from what is saved", async () => {
  const newer = { ...work, title: "Chief analyst", etag: '"2"' };
  const received = servePage({
    "GET /work?page=1&per_page=100": () => list(work),
    "GET /work/7": () => json(newer),
    "PUT /work/7": changedMeanwhile,
  });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Edit Analyst" }));
  await hands.type(section.getByLabelText("Position"), " of engines");
  await hands.click(section.getByRole("button", { name: "Save" }));
  await section.findByRole("alert");
  section.getByDisplayValue("Analyst of engines");

  await hands.click(section.getByRole("button", { name: "Load the saved state" }));
  await section.findByDisplayValue("Chief analyst");
  await hands.click(section.getByRole("button", { name: "Save" }));
  await section.findByRole("alert");
  expect(received).toContainEqual(expect.objectContaining({ route: "PUT /work/7", ifMatch: '"2"' }));
});

it("asks before it removes an entry, and an Enter too many keeps it", async () => {
  let stored: object[] = [work];
  const received = servePage({
    "GET /work?page=1&per_page=100": () => list(...stored),
    "DELETE /work/7": () => {
      stored = [];
      return noContent();
    },
  });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Remove Analyst" }));
  section.getByRole("group", { name: "Remove “Analyst” for good?" });
  await hands.keyboard("{Enter}");
  expect(document.activeElement).toBe(section.getByRole("button", { name: "Remove Analyst" }));

  await hands.click(section.getByRole("button", { name: "Remove Analyst" }));
  await hands.click(section.getByRole("button", { name: "Remove" }));
  await section.findByText("Positions that you have held go here.");
  expect(document.activeElement).toBe(section.getByRole("button", { name: "Add a position" }));
  expect(received.filter(({ route }) => route.startsWith("DELETE"))).toEqual([
    { route: "DELETE /work/7", body: undefined, ifMatch: '"1"' },
  ]);
});

it("keeps an entry that another window changed, and says so", async () => {
  servePage({ "GET /work?page=1&per_page=100": () => list(work), "DELETE /work/7": changedMeanwhile });
  const { hands, section } = await openSection("Work history");
  await hands.click(await section.findByRole("button", { name: "Remove Analyst" }));
  await hands.click(section.getByRole("button", { name: "Remove" }));
  await section.findByText("This was changed since you opened it.");
  section.getByRole("heading", { name: "Analyst" });
});

it("leads to logging in where the session has run out", async () => {
  servePage({ "GET /work?page=1&per_page=100": () => problem(401, "not-signed-in", "Log in first.") });
  const { section } = await openSection("Work history");
  expect((await section.findByRole("link", { name: "Log in again" })).getAttribute("href")).toBe("/log-in");
});

it("says what failed to load, and tries again when asked", async () => {
  let broken = true;
  servePage({
    "GET /work?page=1&per_page=100": () =>
      broken ? problem(500, "unknown", "The list is not available.") : list(work),
  });
  const { hands, section } = await openSection("Work history");
  await section.findByText("The list is not available.");
  broken = false;
  await hands.click(section.getByRole("button", { name: "Try again" }));
  await section.findByRole("heading", { name: "Analyst" });
});
