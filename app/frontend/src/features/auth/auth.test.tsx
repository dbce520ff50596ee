import { act, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { profile, user } from "../../test/examples";
import { open } from "../../test/open";
import { json, list, noContent, problem, serve } from "../../test/server";

const signedOut = () => problem(401, "not-signed-in", "Log in first.");

it("leads people who are not signed in to the log-in page, and back to where they were going", async () => {
  const received = serve({
    "GET /auth/me": signedOut,
    "POST /auth/log-in": () => json(user),
    "GET /profile": () => json(profile),
    "GET /education?page=1&per_page=100": () => list(),
    "GET /work?page=1&per_page=100": () => list(),
  });
  const hands = open("/profile");
  await hands.type(await screen.findByLabelText("E-mail address"), user.email);
  await hands.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
  await screen.findByRole("heading", { name: "Your profile" });
  expect(received).toContainEqual({
    route: "POST /auth/log-in",
    body: { email: user.email, password: "correct horse battery" },
  });
});

it("says so when address or password is wrong, and keeps what was typed", async () => {
  serve({
    "GET /auth/me": signedOut,
    "POST /auth/log-in": () => problem(401, "wrong-credentials", "E-mail address or password is wrong."),
  });
  const hands = open("/log-in");
  const email = await screen.findByLabelText<HTMLInputElement>("E-mail address");
  await hands.type(email, user.email);
  await hands.type(screen.getByLabelText("Password"), "a guess{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe("E-mail address or password is wrong.");
  expect(email.value).toBe(user.email);
});

it("does not send what the browser itself finds wrong, and leads to the first such field", async () => {
  const received = serve({ "GET /auth/me": signedOut });
  const hands = open("/sign-up");
  await hands.type(await screen.findByLabelText("E-mail address"), "no address");
  await hands.click(screen.getByRole("button", { name: "Sign up" }));
  expect(document.activeElement).toBe(screen.getByLabelText("E-mail address"));
  expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).toBe("true");
  expect(received.map(({ route }) => route)).toEqual(["GET /auth/me"]);
});

it("tells beside the address that it is taken, until it is being corrected", async () => {
  serve({
    "GET /auth/me": signedOut,
    "POST /auth/sign-up": () => problem(409, "email-taken", "This address has an account already."),
  });
  const hands = open("/sign-up");
  const email = await screen.findByLabelText("E-mail address");
  await hands.type(email, user.email);
  await hands.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
  const message = await screen.findByText("This address has an account already.");
  expect(email.getAttribute("aria-describedby")).toBe(message.id);
  await hands.type(email, ".uk");
  expect(screen.queryByText("This address has an account already.")).toBeNull();
});

it("stays logged out when an answer from before comes late", async () => {
  let answer: (response: Response) => void = () => undefined;
  const late = () => new Promise<Response>((resolve) => (answer = resolve));
  const received = serve({
    "GET /auth/me": () => (asked() === 2 ? late() : signedOut()),
    "POST /auth/log-in": () => json(user),
    "POST /auth/log-out": noContent,
    "GET /profile": () => json(profile),
    "GET /education?page=1&per_page=100": () => list(),
    "GET /work?page=1&per_page=100": () => list(),
  });
  const asked = () => received.filter(({ route }) => route === "GET /auth/me").length;

  const hands = open("/log-in");
  await hands.type(await screen.findByLabelText("E-mail address"), user.email);
  await hands.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
  await screen.findByRole("heading", { name: "Your profile" });
  expect(asked()).toBe(2);

  await hands.click(screen.getByRole("button", { name: "Log out" }));
  await screen.findByRole("heading", { name: "Welcome back" });
  await act(async () => {
    answer(json(user));
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  expect(screen.queryByRole("heading", { name: "Welcome back" })).not.toBeNull();
});
