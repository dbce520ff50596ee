import { useState } from "react";
import { messageOf } from "../lib/api/problem";
import { Notice } from "./Notice";

/** In a form that started from a state which is no longer the stored one: nothing is lost until the reader says so. */
export function ChangedMeanwhile({ reload }: { reload: () => Promise<unknown> }) {
  const [failure, setFailure] = useState("");
  return (
    <Notice>
      <p>
        This was changed in another window since you opened it: what you typed is not saved, and stays here
        until you load the saved state.
      </p>
      {failure && <p>{failure}</p>}
      <button
        type="button"
        className="button button-quiet"
        onClick={() => {
          reload().catch((error: unknown) => {
            setFailure(messageOf(error));
          });
        }}
      >
        Load the saved state
      </button>
    </Notice>
  );
}
