import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { profile, user } from "../../test/examples";
import { open } from "../../test/open";
import { changedMeanwhile, json, list, problem, serve } from "../../test/server";

const loaded = {
  "GET /auth/me": () => json(user),
  "GET /profile": () => json(profile),
  "GET /education?page=1&per_page=100": () => list(),
  "GET /work?page=1&per_page=100": () => list(),
};
const { updated_at, etag, ...values } = profile;

async function changeHeadline() {
  const hands = open("/profile");
  const headline = await screen.findByLabelText<HTMLInputElement>("Headline");
  await hands.clear(headline);
  await hands.type(headline, "Engineer");
  screen.getByText("Not saved yet");
  await hands.click(screen.getByRole("button", { name: "Save profile" }));
  return { hands, headline };
}

it("saves the whole profile as a change to the state that was shown, and says so", async () => {
  const changed = { ...values, headline: "Engineer" };
  const received = serve({
    ...loaded,
    "PUT /profile": () => json({ ...changed, updated_at, etag: '"2"' }),
  });
  const { hands } = await changeHeadline();
  await screen.findByText(/^Saved at /);
  expect(received).toContainEqual({ route: "PUT /profile", body: changed, ifMatch: etag });

  await hands.click(screen.getByRole("button", { name: "Save profile" }));
  await screen.findByText(/^Saved at /);
  expect(received).toContainEqual({ route: "PUT /profile", body: changed, ifMatch: '"2"' });
});

it("tells beside the field what the backend refuses", async () => {
  const errors = [{ pointer: "#/headline", detail: "Choose another headline." }];
  serve({
    ...loaded,
    "PUT /profile": () => problem(422, "validation", "One field needs another look.", errors),
  });
  const { headline } = await changeHeadline();
  const message = await screen.findByText("Choose another headline.");
  expect(headline.getAttribute("aria-describedby")).toBe(message.id);
  expect(document.activeElement).toBe(headline);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("keeps what was typed when the session has run out", async () => {
  serve({ ...loaded, "PUT /profile": () => problem(401, "not-signed-in", "Log in first.") });
  const { headline } = await changeHeadline();
  expect((await screen.findByRole("alert")).textContent).toMatch(/Log in again in another browser tab/);
  expect(headline.value).toBe("Engineer");
  screen.getByText("Not saved yet");
});

it("keeps what was typed when another window was faster, until the saved state is asked for", async () => {
  let stored = profile;
  serve({
    ...loaded,
    "GET /profile": () => json(stored),
    "PUT /profile": changedMeanwhile,
  });
  const { hands, headline } = await changeHeadline();
  expect((await screen.findByRole("alert")).textContent).toMatch(/changed in another window/);
  expect(headline.value).toBe("Engineer");

  stored = { ...profile, headline: "From the other window", etag: '"2"' };
  await hands.click(screen.getByRole("button", { name: "Load the saved state" }));
  await screen.findByDisplayValue("From the other window");
  expect(screen.queryByRole("alert")).toBeNull();
});
