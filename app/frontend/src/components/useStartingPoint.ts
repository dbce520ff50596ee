import { useState } from "react";

/**
 * The state that a form was filled with. It stays as it is when newer states are loaded in the background, so that
 * what the form sends says truly which state the person saw.
 */
export function useStartingPoint<State>(loaded: State) {
  const [start, setStart] = useState({ state: loaded, filling: 0 });
  return {
    state: start.state,
    /** Changes whenever the form is to be filled anew. */
    filling: start.filling,
    /** Saved: the form shows it already. */
    goOnFrom: (state: State) => {
      setStart(({ filling }) => ({ state, filling }));
    },
    fillWith: (state: State) => {
      setStart(({ filling }) => ({ state, filling: filling + 1 }));
    },
  };
}
