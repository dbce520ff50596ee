import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { open } from "../../test/open";
import { json, problem, serve } from "../../test/server";

const user = { id: 1, email: "ada@example.org", created_at: "2026-01-31T12:00:00Z" };
const values = { full_name: "Ada", headline: "Analyst", location: "", phone: "", website: "", summary: "" };
const loaded = {
  "GET /auth/me": () => json(user),
  "GET /profile": () => json({ ...values, updated_at: user.created_at }),
};

async function changeHeadline() {
  const hands = open("/profile");
  const headline = await screen.findByLabelText<HTMLInputElement>("Headline");
  await hands.clear(headline);
  await hands.type(headline, "Engineer");
  expect(screen.getByRole("status").textContent).toBe("Not saved yet");
  await hands.click(screen.getByRole("button", { name: "Save profile" }));
  return headline;
}

it("saves the whole profile and says so", async () => {
  const changed = { ...values, headline: "Engineer" };
  const received = serve({
    ...loaded,
    "PUT /profile": () => json({ ...changed, updated_at: user.created_at }),
  });
  await changeHeadline();
  await screen.findByText(/^Saved at /);
  expect(received).toContainEqual({ route: "PUT /profile", body: changed });
});

it("tells beside the field what the backend refuses", async () => {
  const errors = [{ pointer: "#/headline", detail: "Choose another headline." }];
  serve({
    ...loaded,
    "PUT /profile": () => problem(422, "validation", "One field needs another look.", errors),
  });
  const headline = await changeHeadline();
  const message = await screen.findByText("Choose another headline.");
  expect(headline.getAttribute("aria-describedby")).toBe(message.id);
  expect(document.activeElement).toBe(headline);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("keeps what was typed when the session has run out", async () => {
  serve({ ...loaded, "PUT /profile": () => problem(401, "not-signed-in", "Log in first.") });
  const headline = await changeHeadline();
  expect((await screen.findByRole("alert")).textContent).toMatch(/Log in again in another browser tab/);
  expect(headline.value).toBe("Engineer");
  expect(screen.getByRole("status").textContent).toBe("Not saved yet");
});
