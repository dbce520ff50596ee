import { Notice } from "./Notice";

/** In place of content that could not be loaded, with the way to try again. */
export function LoadFailure({ error, retry }: { error: Error; retry: () => unknown }) {
  return (
    <Notice>
      <p>{error.message}</p>
      <button type="button" className="button button-quiet" onClick={() => void retry()}>
        Try again
      </button>
    </Notice>
  );
}
