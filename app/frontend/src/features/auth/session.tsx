import type { ReactNode } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import type { User } from "../../lib/api/types";
import { useAfterFarewell, useSession } from "./api";

/** Pages for people who are signed in; others log in first and come back to where they were going. */
export function SignedInOnly() {
  return <WithSession>{(user) => (user ? <Outlet /> : <WayOut />)}</WithSession>;
}

function WayOut() {
  const { pathname, search } = useLocation();
  return useAfterFarewell() ? (
    <Navigate to="/sign-up" replace />
  ) : (
    <Navigate to="/log-in" state={{ from: pathname + search }} replace />
  );
}

/** Pages that make no sense to people who are signed in already. */
export function SignedOutOnly() {
  const state = useLocation().state as { from?: string } | null;
  return (
    <WithSession>
      {(user) => (user ? <Navigate to={state?.from ?? "/profile"} replace /> : <Outlet />)}
    </WithSession>
  );
}

function WithSession({ children }: { children: (user: User | null) => ReactNode }) {
  const session = useSession();
  if (session.data !== undefined) return children(session.data);
  if (session.error) return <LoadFailure error={session.error} retry={session.refetch} />;
  return <Loading label="Opening Jobfolio…" />;
}
