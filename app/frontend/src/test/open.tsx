import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { onTestFinished } from "vitest";
import { App } from "../app/App";
import { createQueryClient } from "../app/queryClient";

/** Opens the application at an address; gives back the hands of the person in front of it. */
export function open(address: string) {
  render(
    <QueryClientProvider client={createQueryClient()}>
      <MemoryRouter initialEntries={[address]}>
        <App />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  onTestFinished(cleanup);
  return userEvent.setup();
}
