import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { user } from "../../test/examples";
import { open } from "../../test/open";
import { json, noContent, problem, serve } from "../../test/server";

const wrongPassword = () => problem(403, "wrong-password", "The password is wrong.");

async function openAccount(section: string) {
  const hands = open("/account");
  return { hands, section: within(await screen.findByRole("region", { name: section })) };
}

it("offers everything as one download", async () => {
  serve({ "GET /auth/me": () => json(user) });
  const { section } = await openAccount("Your data");
  const link = section.getByRole("link", { name: "Download everything" });
  expect(link.getAttribute("href")).toBe("/api/v1/account/export");
  expect(link.hasAttribute("download")).toBe(true);
});

it("changes the password, and says what that did elsewhere", async () => {
  const received = serve({ "GET /auth/me": () => json(user), "POST /account/password": noContent });
  const { hands, section } = await openAccount("Password");
  await hands.type(section.getByLabelText("Current password"), "correct horse battery");
  await hands.type(section.getByLabelText("New password"), "another horse battery{Enter}");
  await section.findByText("Changed. Every other browser is signed out.");
  expect(section.getByLabelText<HTMLInputElement>("Current password").value).toBe("");
  expect(received).toContainEqual({
    route: "POST /account/password",
    body: { current_password: "correct horse battery", new_password: "another horse battery" },
  });
});

it("tells beside the current password that it is wrong", async () => {
  serve({ "GET /auth/me": () => json(user), "POST /account/password": wrongPassword });
  const { hands, section } = await openAccount("Password");
  await hands.type(section.getByLabelText("Current password"), "a guess");
  await hands.type(section.getByLabelText("New password"), "another horse battery{Enter}");
  const message = await section.findByText("The password is wrong.");
  const current = section.getByLabelText("Current password");
  expect(current.getAttribute("aria-describedby")).toBe(message.id);
  expect(document.activeElement).toBe(current);
});

it("deletes the account once that is confirmed, and says on the sign-up page that it is gone", async () => {
  const received = serve({ "GET /auth/me": () => json(user), "POST /account/deletion": noContent });
  const { hands, section } = await openAccount("Delete the account");
  await hands.type(section.getByLabelText("Your password"), "correct horse battery{Enter}");
  expect(document.activeElement).toBe(section.getByRole("checkbox"));
  expect(received.filter(({ route }) => route.startsWith("POST"))).toEqual([]);

  await hands.click(section.getByRole("checkbox"));
  await hands.click(section.getByRole("button", { name: "Delete my account" }));
  await screen.findByRole("heading", { name: "Create your account" });
  screen.getByText("Your account is gone, and everything that was in it.");
  expect(screen.queryByText(user.email)).toBeNull();
  expect(received).toContainEqual({
    route: "POST /account/deletion",
    body: { password: "correct horse battery" },
  });
});

it("keeps the account when the password is wrong", async () => {
  serve({ "GET /auth/me": () => json(user), "POST /account/deletion": wrongPassword });
  const { hands, section } = await openAccount("Delete the account");
  await hands.type(section.getByLabelText("Your password"), "a guess");
  await hands.click(section.getByRole("checkbox"));
  await hands.click(section.getByRole("button", { name: "Delete my account" }));
  await section.findByText("The password is wrong.");
  expect(document.activeElement).toBe(section.getByLabelText("Your password"));
});
