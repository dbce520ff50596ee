import { Notice } from "../../components/Notice";
import { useLogOut, useSession } from "./api";

/** Who is signed in, and the way out; nothing for people who are not. */
export function Account() {
  const { data: user } = useSession();
  const logOut = useLogOut();
  if (!user) return null;
  return (
    <>
      <p className="account">
        <span className="account-email" title="Signed in as">
          {user.email}
        </span>
        <button
          type="button"
          className="button button-quiet"
          aria-disabled={logOut.isPending}
          onClick={() => {
            if (!logOut.isPending) logOut.mutate();
          }}
        >
          Log out
        </button>
      </p>
      {logOut.error && <Notice>{logOut.error.message}</Notice>}
    </>
  );
}
