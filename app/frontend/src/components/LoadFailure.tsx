import { ApiError, problemTypes } from "../lib/api/problem";
import { Notice } from "./Notice";

/** In place of content that could not be loaded, with the way on. */
export function LoadFailure({ error, retry }: { error: Error; retry: () => unknown }) {
  const signedOut = error instanceof ApiError && error.type === problemTypes.notSignedIn;
  return (
    <Notice>
      <p>{signedOut ? "You have been logged out." : error.message}</p>
      {signedOut ? (
        // Loads the page anew, which then asks who is signed in.
        <a href="/log-in">Log in again</a>
      ) : (
        <button type="button" className="button button-quiet" onClick={() => void retry()}>
          Try again
        </button>
      )}
    </Notice>
  );
}
