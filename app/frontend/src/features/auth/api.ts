import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../lib/api/client";
import { ApiError, problemTypes } from "../../lib/api/problem";
import type { LogIn, SignUp, User } from "../../lib/api/types";

const sessionKey = ["session"];
const farewellKey = ["farewell"];

/** Who is signed in; `null` when nobody is. */
async function fetchSession(): Promise<User | null> {
  try {
    return (await api.get("/auth/me")) as User;
  } catch (error) {
    if (error instanceof ApiError && error.type === problemTypes.notSignedIn) return null;
    throw error;
  }
}

export function useSession() {
  return useQuery({ queryKey: sessionKey, queryFn: fetchSession });
}

/** Makes `user` the one who is signed in and forgets whatever belonged to the one before. */
function useSessionChange() {
  const client = useQueryClient();
  return async (user: User | null) => {
    // An answer to what was asked before would come late, and undo this.
    await client.cancelQueries({ queryKey: sessionKey });
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
    client.setQueryData(sessionKey, user);
  };
}

export function useSignUp() {
  const onSuccess = useSessionChange();
  return useMutation({
    mutationFn: async (account: SignUp) => (await api.post("/auth/sign-up", account)) as User,
    onSuccess,
  });
}

export function useLogIn() {
  const onSuccess = useSessionChange();
  return useMutation({
    mutationFn: async (credentials: LogIn) => (await api.post("/auth/log-in", credentials)) as User,
    onSuccess,
  });
}

export function useLogOut() {
  const changeSession = useSessionChange();
  return useMutation({
    mutationFn: () => api.post("/auth/log-out", {}),
    onSuccess: () => changeSession(null),
  });
}

/** Ends the session of an account that is no more. */
export function useFarewell() {
  const client = useQueryClient();
  const changeSession = useSessionChange();
  return async () => {
    await changeSession(null);
    client.setQueryData(farewellKey, true);
  };
}

/** Whether an account was deleted here just now, and nobody has signed in since. */
export function useAfterFarewell(): boolean {
  return useQueryClient().getQueryData(farewellKey) === true;
}
